// Messages that are on their way. Each has an idempotency key of its own and stays here, over a reload too, until the server has said
// that it is stored, or its writer discards it; so it is never lost, and however often it is repeated never stored twice.

import { call, waitAfter } from '../api.js';

const longestWait = 30_000;

/** Events: `change`, `stored` (detail: { item, message }). */
export class Outbox extends EventTarget {
    #me;
    #items = [];
    #prefix;
    #running = new Set(); // recipients whose messages are being sent, one after the other
    #wake = new Map(); // recipient → ends its waiting
    #stopped = false;

    constructor(me) {
        super();
        this.#me = me;
        this.#prefix = `sotto/outbox/${me.user_name}/`;
        for (const name of Object.keys(localStorage)) {
            if (name.startsWith(this.#prefix)) this.#items.push(JSON.parse(localStorage[name]));
        }
        this.#items.sort((a, b) => a.written_at - b.written_at);
    }

    /** Those to `recipient`, oldest first: { key, recipient, content, written_at, state: 'sending' | 'waiting' | 'refused', problem, arrived }. */
    to(recipient) {
        return this.#items.filter((item) => item.recipient === recipient && !item.arrived);
    }

    start() {
        for (const { recipient } of this.#items) this.#run(recipient);
    }

    stop() {
        this.#stopped = true;
        for (const end of this.#wake.values()) end();
    }

    /** Takes a message to send: `content` has the members of POST /messages without the recipient. */
    add(recipient, content) {
        const item = { key: crypto.randomUUID(), recipient, content, written_at: Date.now(), state: 'sending' };
        this.#items.push(item);
        this.#save(item);
        this.#changed();
        this.#run(recipient);
    }

    /** Sends again what was refused or waits. */
    retry(item) {
        item.state = 'sending';
        item.problem = undefined;
        this.#changed();
        this.#wake.get(item.recipient)?.();
        this.#run(item.recipient);
    }

    retryWaiting() {
        for (const end of this.#wake.values()) end();
    }

    discard(item) {
        this.#drop(item);
        this.#changed();
    }

    /** A message of mine came by the live channel, maybe before the answer to its own sending did: then it is not shown twice. */
    noteArrival(message) {
        const item = this.to(message.recipient).find(
            ({ state, content }) =>
                state === 'sending' && content.type === message.type && content.text === message.text && content.url === message.url,
        );
        if (item) item.arrived = true;
    }

    #changed() {
        if (!this.#stopped) this.dispatchEvent(new Event('change'));
    }

    #save(item) {
        const { key, recipient, content, written_at } = item;
        localStorage[this.#prefix + key] = JSON.stringify({ key, recipient, content, written_at, state: 'sending' });
    }

    #drop(item) {
        this.#items = this.#items.filter((other) => other !== item);
        localStorage.removeItem(this.#prefix + item.key);
    }

    async #run(recipient) {
        if (this.#running.has(recipient)) return;
        this.#running.add(recipient);
        for (let failures = 0, item; !this.#stopped && (item = this.#next(recipient)); ) {
            failures = (await this.#send(item)) ? 0 : failures + 1;
            if (item.state === 'waiting') await this.#wait(recipient, item, failures);
        }
        this.#running.delete(recipient);
    }

    #next(recipient) {
        return this.#items.find((item) => item.recipient === recipient && item.state !== 'refused');
    }

    /** Whether there was an answer for good. */
    async #send(item) {
        item.state = 'sending';
        this.#changed();
        try {
            // The sender is said as well: should another tab have logged in as somebody else, the server refuses.
            const body = { sender: this.#me.user_name, recipient: item.recipient, ...item.content };
            const { json } = await call('POST', '/messages', { body, key: item.key });
            this.#drop(item);
            if (!this.#stopped) this.dispatchEvent(new CustomEvent('stored', { detail: { item, message: json } }));
            return true;
        } catch (error) {
            item.state = error.isTemporary ? 'waiting' : 'refused';
            item.problem = error;
            item.arrived = false;
            this.#changed();
            return !error.isTemporary;
        }
    }

    #wait(recipient, item, failures) {
        const milliseconds = item.problem.retryAfter ? item.problem.retryAfter * 1000 : waitAfter(failures, longestWait);
        return new Promise((resolve) => {
            const timer = setTimeout(resolve, milliseconds);
            this.#wake.set(recipient, () => {
                clearTimeout(timer);
                resolve();
            });
        }).finally(() => this.#wake.delete(recipient));
    }
}
