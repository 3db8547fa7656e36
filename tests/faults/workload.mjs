// Who writes and who reads in a round. All of them note down in `record` what they asked and what they were told, with
// times of this process's steady clock in ms.

import { setTimeout as pause } from 'node:timers/promises';

const patience = 4; // seconds; then the answer counts as lost
export const now = () => performance.now();

/** Whether the request may have been carried out, or may still be. */
const isDoubtful = (answer) => answer === undefined || answer.status >= 500;

/**
 * Repeats a call as docs/api.md says, until there is an answer that is not about the server's own trouble. Now and then
 * it gives up instead. Fills in `start`, `end`, `attempts`, `doubts`, `answer` where there is one, and `status`,
 * which stays absent after giving up.
 */
async function insist(operation, call, { random, givesUp, ended }) {
    Object.assign(operation, { start: now(), attempts: 0, doubts: 0 });
    for (;;) {
        operation.attempts++;
        const answer = await call().catch(() => undefined);
        operation.end = now();
        if (answer && answer.status < 500 && answer.status !== 429) {
            operation.status = answer.status;
            if (answer.status < 300) operation.answer = answer.json;
            return;
        }
        if (isDoubtful(answer)) operation.doubts++;
        if (ended.aborted || (givesUp && random.chance(0.1))) return;
        const wait = answer?.headers['retry-after'] ?? Math.min(2 ** (operation.attempts - 3), 4);
        await pause(wait * 1000);
    }
}

/** Texts of many lengths: most are short, some fill several of the database's pages. */
function filler(random) {
    const length = Number(random.weighted({ 20: 80, 400: 15, 3900: 5 }));
    return random.pick(['x', 'é', '愛', '🦊']).repeat(1 + random.below(length));
}

/** Somebody who writes from one device to one other user: messages, changes of them, read marks. */
export class Writer {
    #sends = []; // acknowledged ones
    #count = 0;
    #end = new AbortController();

    /** `edits`: whether it edits messages */
    constructor({ id, user, peer, device, random, record, edits }) {
        Object.assign(this, { id, user, peer, device, random, record, edits });
    }

    /** Goes on until `over`, and to the end of what it is at. */
    async run(over) {
        while (!over.aborted) await this.#next();
    }

    /** From now on it gives up, whatever it is at. */
    stop() {
        this.#end.abort();
    }

    #insist(operation, call, givesUp = true) {
        return insist(operation, call, { random: this.random, givesUp, ended: this.#end.signal });
    }

    /** One more message, without giving up, which shows everybody what is missing before it. */
    send(givesUp = false) {
        const label = `${this.id}-${this.#count++}`;
        return this.#send(label, this.#content(label), givesUp);
    }

    /** Changes the last message that is known to be stored, without giving up. */
    edit() {
        return this.#edit(this.#sends.at(-1), false);
    }

    async #next() {
        const known = this.#sends.length > 0;
        const kind = this.random.weighted({
            send: 70,
            ...(known && { edit: this.edits ? 12 : 0, delete: 4, repeat: 4, mark: 10 }),
        });
        if (kind === 'send') return this.send(true);
        const send = this.random.pick(this.#sends);
        if (kind === 'edit') return this.#edit(send, true);
        if (kind === 'delete') return this.#delete(send);
        if (kind === 'repeat') return this.#repeat(send);
        return this.#mark(1 + this.random.below(send.answer.seq));
    }

    #content(label) {
        const text = `${label} ${filler(this.random)}`;
        const kind = this.random.weighted({ text: 8, image: 1, video: 1 });
        if (kind === 'text') return { type: 'text', text };
        if (kind === 'image')
            return { type: 'image', text, url: `https://example.org/${label}.jpg`, width: 640, height: 480 };
        return { type: 'video', text, url: `https://example.org/${label}.mp4`, duration_s: 212, source: 'example.org' };
    }

    #note(kind, others) {
        const operation = { kind, writer: this.id, user: this.user, peer: this.peer, ...others };
        this.record.operations.push(operation);
        return operation;
    }

    #post(operation) {
        return this.device.call('POST', '/messages', {
            json: { recipient: this.peer, ...operation.content },
            headers: { 'Idempotency-Key': operation.key },
            seconds: patience,
        });
    }

    async #send(label, content, givesUp) {
        const operation = this.#note('send', { label, key: `key-${label}`, content });
        await this.#insist(operation, () => this.#post(operation), givesUp);
        if (operation.answer) this.#sends.push(operation);
    }

    /** The same key and content once more, as after a crash of the client. */
    async #repeat(send) {
        const { label, key, content } = send;
        const operation = this.#note('repeat', { label, key, content });
        await this.#insist(operation, () => this.#post(operation));
    }

    async #edit(send, givesUp) {
        const text = `${send.label} edited ${this.#count++} ${filler(this.random)}`;
        const operation = this.#note('edit', { label: send.label, text });
        const call = () =>
            this.device.call('PATCH', `/messages/${send.answer.id}`, { json: { text }, seconds: patience });
        await this.#insist(operation, call, givesUp);
    }

    async #delete(send) {
        const operation = this.#note('delete', { label: send.label });
        const call = () => this.device.call('DELETE', `/messages/${send.answer.id}`, { seconds: patience });
        await this.#insist(operation, call);
    }

    async #mark(seq) {
        const operation = this.#note('mark', { seq });
        const call = () =>
            this.device.call('PUT', `/conversations/${this.peer}/read`, { json: { seq }, seconds: patience });
        await this.#insist(operation, call);
    }
}

/** Somebody who reads one conversation in every way there is. A read that fails is no read. */
export class Reader {
    #last = 0; // of following along
    #tags = new Map(); // path → the page that its ETag belongs to

    constructor({ user, peer, device, random, record }) {
        Object.assign(this, { user, peer, device, random, record });
    }

    async run(over) {
        const ways = [
            () => this.#walk(),
            () => this.#follow(),
            () => this.#back(),
            () => this.again(),
            () => this.#inbox(),
            () => this.#whole(),
        ];
        while (!over.aborted) {
            await this.random
                .pick(ways)()
                .catch(() => {});
            await pause(this.random.between(5, 100));
        }
    }

    async #read(path, headers = {}) {
        const start = now();
        const answer = await this.device.call('GET', path, { headers, seconds: patience });
        if (answer.status !== 200 && answer.status !== 304) throw new Error(`${path}: ${answer.status}`);
        return { start, end: now(), answer };
    }

    /** Reads and notes down; the answer. `how` says which numbers the answer must have, for the checker. */
    async #note(path, how, headers) {
        const { start, end, answer } = await this.#read(path, headers);
        const json = answer.status === 304 ? this.#tags.get(path).json : answer.json;
        this.record.reads.push({
            user: this.user,
            peer: this.peer,
            start,
            end,
            unchanged: answer.status === 304,
            ...how,
            ...json,
        });
        return answer;
    }

    get #base() {
        return `/messages?with=${this.peer}`;
    }

    /** From page 1 along the links, so that all pages count from the same number. */
    async #walk() {
        const perPage = 5 + this.random.below(60);
        let upto;
        for (let path = `${this.#base}&page=1&per_page=${perPage}`; path !== undefined;) {
            const { headers, json } = await this.#note(path, { way: 'page', from: upto });
            upto = json.upto;
            path = /<\/api\/v1([^>]*)>; rel="next"/.exec(headers.link ?? '')?.[1];
        }
    }

    async #follow() {
        const { json } = await this.#note(`${this.#base}&after=${this.#last}&per_page=50`, {
            way: 'after',
            from: this.#last,
            per_page: 50,
        });
        this.#last = json.messages.at(-1)?.seq ?? this.#last;
    }

    async #back() {
        const from = 1 + this.random.below(this.#last + 1);
        await this.#note(`${this.#base}&before=${from}&per_page=20`, { way: 'before', from, per_page: 20 });
    }

    /** The newest page, as somebody who has it already: 304 says that it is still the same. */
    async again() {
        const path = `${this.#base}&page=1&per_page=30`;
        const known = this.#tags.get(path);
        const { status, headers, json } = await this.#note(
            path,
            { way: 'page' },
            known && { 'If-None-Match': known.etag },
        );
        if (status === 200 && headers.etag) this.#tags.set(path, { etag: headers.etag, json });
    }

    async #whole() {
        await this.#note(`${this.#base}&order=asc`, { way: 'whole' });
    }

    /** A last look at everything, when nothing moves any more. */
    async readAll() {
        await this.again();
        await this.#whole();
        await this.#inbox();
    }

    async #inbox() {
        const { start, end, answer } = await this.#read('/conversations');
        const entry = answer.json.conversations.find(({ with: other }) => other.user_name === this.peer);
        if (entry === undefined) return;
        const { last_seq, my_read_seq, their_read_seq } = entry;
        this.record.inboxes.push({ user: this.user, start, end, last_seq, my_read_seq, their_read_seq });
    }
}
