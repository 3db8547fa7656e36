// The inbox: all conversations of the user that were loaded, newest first.

import { call } from '../api.js';

const perPage = 50;

/** Events: `change`. */
export class Inbox extends EventTarget {
    #conversations = new Map();
    #pages = new Map(); // path → { etag, json }, of the last refresh
    #wanted = perPage;
    #refreshing;
    #stale = false;

    constructor(me) {
        super();
        this.me = me;
        this.loaded = false;
        this.hasMore = false;
    }

    /** Newest first. */
    get conversations() {
        return [...this.#conversations.values()].sort(
            (a, b) => b.last_at.localeCompare(a.last_at) || a.with.user_name.localeCompare(b.with.user_name),
        );
    }

    find(userName) {
        return this.#conversations.get(userName);
    }

    get unread() {
        let sum = 0;
        for (const conversation of this.#conversations.values()) sum += conversation.unread;
        return sum;
    }

    loadMore() {
        if (!this.hasMore) return undefined;
        this.#wanted = this.#conversations.size + perPage;
        return this.refresh();
    }

    /** Reads as much of the inbox as is shown, and on to where nothing is new. One at a time; a call meanwhile leads to another one. */
    async refresh() {
        this.#stale = true;
        this.#refreshing ??= this.#refreshWhileStale().finally(() => (this.#refreshing = undefined));
        await this.#refreshing;
    }

    async #refreshWhileStale() {
        while (this.#stale) {
            this.#stale = false;
            await this.#read();
        }
    }

    async #read() {
        const pages = new Map();
        let path = `/conversations?per_page=${perPage}`;
        for (let count = 0; path; ) {
            const known = this.#pages.get(path);
            const answer = await call('GET', path, { etag: known?.etag });
            const page = answer.status === 304 ? known : { etag: answer.etag, json: answer.json };
            pages.set(path, page);
            let news = false;
            for (const conversation of page.json.conversations) news = this.#take(conversation) || news;
            count += page.json.conversations.length;
            const { next } = page.json;
            this.hasMore = Boolean(next);
            path = next && (news || count < this.#wanted) && `/conversations?per_page=${perPage}&before=${encodeURIComponent(next)}`;
        }
        this.#pages = pages;
        this.loaded = true;
        this.#changed();
    }

    /** Takes a conversation as the server has it; whether it holds messages that were not known. */
    #take(conversation) {
        const old = this.#conversations.get(conversation.with.user_name);
        if (old && old.last_seq > conversation.last_seq) return false; // an event was faster
        this.#conversations.set(conversation.with.user_name, {
            ...conversation,
            my_read_seq: Math.max(conversation.my_read_seq, old?.my_read_seq ?? 0),
            their_read_seq: Math.max(conversation.their_read_seq, old?.their_read_seq ?? 0),
        });
        this.#count(this.#conversations.get(conversation.with.user_name));
        return !old || old.last_seq < conversation.last_seq;
    }

    #count(conversation) {
        conversation.unread = Math.max(0, conversation.last_seq - conversation.my_read_seq);
    }

    #changed() {
        this.dispatchEvent(new Event('change'));
    }

    /** Takes a new message of the conversation with `userName`. */
    takeMessage(userName, message) {
        const conversation = this.#conversations.get(userName);
        if (!conversation) {
            this.refresh().catch(() => {}); // the other's shown name isn't known; catching up repeats it
            return;
        }
        if (message.seq <= conversation.last_seq) return;
        conversation.last_message = message;
        conversation.last_seq = message.seq;
        conversation.last_at = message.created_at;
        if (message.sender === this.me.user_name) conversation.my_read_seq = message.seq;
        this.#count(conversation);
        this.#changed();
    }

    /** Takes an edited or deleted message. */
    replaceMessage(userName, message) {
        const conversation = this.#conversations.get(userName);
        if (conversation?.last_seq !== message.seq) return;
        conversation.last_message = message;
        this.#changed();
    }

    /** `reader` has read up to `seq`. */
    takeReadMark(userName, reader, seq) {
        const conversation = this.#conversations.get(userName);
        if (!conversation) return;
        const mark = reader === this.me.user_name ? 'my_read_seq' : 'their_read_seq';
        if (seq <= conversation[mark]) return;
        conversation[mark] = seq;
        this.#count(conversation);
        this.#changed();
    }
}
