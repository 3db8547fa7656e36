// One conversation as far as it is loaded: a window of its messages without a hole. It follows the rule of docs/live.md.

import { call } from '../api.js';

const perPage = 50;
const perCatchUp = 200;

/** Beyond so many messages the far end of the window is let go, so that scrolling back through any number costs the same. */
const mostMessages = 300;

/** A gap that is not worth being read message by message: the window starts anew at the newest. */
const widestGap = 200;

/** Events: `change`. */
export class Thread extends EventTarget {
    #loading;
    #etags = new Map(); // path → { etag, json }, of the last refresh
    #filling = false;

    constructor(other) {
        super();
        this.other = other; // user name
        this.messages = []; // by number, upwards
        this.newest = 0; // the highest number heard of
        this.loaded = false;
    }

    get first() {
        return this.messages.at(0)?.seq ?? 1;
    }

    get last() {
        return this.messages.at(-1)?.seq ?? 0;
    }

    /** Whether the newest message is in the window. */
    get isAtEnd() {
        return this.last === this.newest;
    }

    get isAtStart() {
        return this.first === 1;
    }

    #changed() {
        this.dispatchEvent(new Event('change'));
    }

    #path(query) {
        return `/messages?with=${encodeURIComponent(this.other)}&${query}`;
    }

    /** Loads the newest page in place of what is there. Throws a Problem where there is no such user, or Unreachable. */
    async openNewest() {
        const { json } = await call('GET', this.#path(`per_page=${perPage}&page=1`));
        const heard = this.newest;
        this.messages = json.messages.reverse();
        this.newest = Math.max(json.total, heard);
        this.loaded = true;
        this.#changed();
        this.#fillGap();
    }

    /** One question at a time; a second call while one is under way gets the same answer. */
    #once(read) {
        this.#loading ??= read().finally(() => (this.#loading = undefined));
        return this.#loading;
    }

    loadOlder() {
        if (this.isAtStart) return undefined;
        return this.#once(async () => {
            const first = this.first;
            const { json } = await call('GET', this.#path(`before=${first}&per_page=${perPage}`));
            if (this.first !== first) return; // the window has moved on
            this.messages = [...json.messages.reverse(), ...this.messages].slice(0, mostMessages);
            this.#changed();
        });
    }

    loadNewer() {
        if (this.isAtEnd) return undefined;
        return this.#once(async () => {
            const last = this.last;
            const { json } = await call('GET', this.#path(`after=${last}&per_page=${perPage}`));
            if (this.last !== last) return;
            this.newest = Math.max(this.newest, json.total);
            this.messages = [...this.messages, ...json.messages].slice(-mostMessages);
            this.#changed();
        });
    }

    /** A message from wherever. `following`: the newest message is on the screen, so that the oldest ones may be let go. */
    take(message, following) {
        if (!this.loaded) {
            this.newest = Math.max(this.newest, message.seq);
            return;
        }
        const wasAtEnd = this.isAtEnd;
        this.newest = Math.max(this.newest, message.seq);
        if (message.seq === this.last + 1 && (following || this.messages.length < mostMessages)) {
            this.messages = [...this.messages, message].slice(-mostMessages);
        } else if (wasAtEnd && message.seq > this.last + 1) {
            this.#fillGap();
        }
        this.#changed();
    }

    /** An edited or deleted message. */
    replace(message) {
        const at = message.seq - this.first;
        if (!this.messages[at] || isNewer(this.messages[at], message)) return;
        this.messages = this.messages.with(at, message);
        this.#changed();
    }

    /** Reads what lies between the window and the newest message, if the window was at the end. */
    async #fillGap() {
        if (this.#filling) return;
        this.#filling = true;
        try {
            for (let asked = -1; this.last < this.newest && this.last > asked; ) {
                if (this.newest - this.last > widestGap) {
                    await this.openNewest();
                    break;
                }
                asked = this.last;
                const { json } = await call('GET', this.#path(`after=${asked}&per_page=${perCatchUp}`));
                if (this.last === asked) {
                    this.messages = [...this.messages, ...json.messages].slice(-mostMessages);
                    this.newest = Math.max(this.newest, json.total);
                    this.#changed();
                }
            }
        } catch {
            // Catching up comes by again.
        } finally {
            this.#filling = false;
        }
    }

    /** Asks again for the window, since messages may have been edited, deleted or added. */
    async refresh() {
        if (!this.loaded) {
            await this.openNewest();
            return;
        }
        const wasAtEnd = this.isAtEnd;
        const answers = new Map();
        let total = this.newest;
        for (let after = this.first - 1; after < Math.max(this.last, 1); after += perCatchUp) {
            const path = this.#path(`after=${after}&per_page=${perCatchUp}`);
            const known = this.#etags.get(path);
            const { status, etag, json } = await call('GET', path, { etag: known?.etag });
            const answer = status === 304 ? known : { etag, json };
            answers.set(path, answer);
            total = Math.max(total, answer.json.total);
            if (status === 200) this.#replaceAll(answer.json.messages);
        }
        this.#etags = answers;
        this.newest = Math.max(this.newest, total);
        this.#changed();
        if (wasAtEnd) await this.#fillGap();
    }

    #replaceAll(messages) {
        const bySeq = new Map(messages.map((message) => [message.seq, message]));
        this.messages = this.messages.map((old) => {
            const message = bySeq.get(old.seq);
            return message && !isNewer(old, message) ? message : old;
        });
    }
}

/** Whether `a` is a later state of the same message than `b`. */
function isNewer(a, b) {
    if (a.deleted_at || b.deleted_at) return Boolean(a.deleted_at) && !b.deleted_at;
    return (a.edited_at ?? '') > (b.edited_at ?? '');
}
