// A client of the live channel that ends with exactly what the server has stored, whatever is lost on the way: the rule
// of docs/live.md in code. It runs in a browser as it stands: there, `connect` is
//
//   () => new WebSocket(`wss://${location.host}/api/v1/live`)
//
// and `get`
//
//   async (path, etag) => {
//       const headers = etag ? { 'If-None-Match': etag } : {};
//       const answer = await fetch(`/api/v1${path}`, { cache: 'no-store', headers });
//       const json = answer.status === 200 ? await answer.json() : undefined;
//       return { status: answer.status, etag: answer.headers.get('ETag'), json };
//   }

const catchUpInterval = 60_000;
const longestWait = 60_000;
const perPage = 200;

export class Follower {
    /** User name of the other one → { last: all up to here was shown; newest: the highest number heard of; asking } */
    #conversations = new Map();
    #inboxTag;
    #stale = false;
    #catchingUp = false;
    #failures = 0;
    #socket;
    #reconnect;
    #catchUpTimer;
    #stopped = false;

    /**
     * @param {object} callbacks
     *   connect    () => WebSocket: opens the live channel
     *   get        async (path, etag) => { status, etag, json }: GET below /api/v1; throws where no answer comes
     *   onMessage  (withUser, message): every message of every conversation, once and in order
     *   onEvent    (event): everything else. After a `resync`, messages that were shown before may have been edited or
     *              deleted: ask for the pages on the screen again
     *   onEnd      (): the session is over; nothing comes any more
     */
    constructor({ connect, get, onMessage, onEvent, onEnd }) {
        Object.assign(this, { connect, get, onMessage, onEvent, onEnd });
    }

    start() {
        this.#openSocket();
        this.#catchUpTimer = setInterval(() => this.#catchUp(), catchUpInterval);
    }

    stop() {
        this.#stopped = true;
        clearInterval(this.#catchUpTimer);
        clearTimeout(this.#reconnect);
        this.#socket.close();
    }

    /** Takes a message from wherever: an event, an answer to a question, or the answer to one's own POST. */
    take(withUser, message) {
        const conversation = this.#conversation(withUser);
        conversation.newest = Math.max(conversation.newest, message.seq);
        if (message.seq === conversation.last + 1) {
            conversation.last = message.seq;
            this.onMessage(withUser, message);
        } else if (message.seq > conversation.last) {
            this.#fillGap(withUser, conversation);
        }
    }

    #conversation(withUser) {
        if (!this.#conversations.has(withUser)) {
            this.#conversations.set(withUser, { last: 0, newest: 0, asking: false });
        }
        return this.#conversations.get(withUser);
    }

    async #fillGap(withUser, conversation) {
        if (conversation.asking) return; // that question goes on until it has reached `newest`
        conversation.asking = true;
        let asked = -1;
        while (conversation.last < conversation.newest && conversation.last > asked) {
            asked = conversation.last;
            const answer = await this.#read(`/messages?with=${withUser}&after=${asked}&per_page=${perPage}`);
            if (this.#stopped) return;
            for (const message of answer.json.messages) this.take(withUser, message);
        }
        conversation.asking = false;
    }

    /** Asks for whatever may have been missed. One question at a time; what comes up meanwhile leads to another one. */
    async #catchUp() {
        this.#stale = true;
        if (this.#catchingUp) return;
        this.#catchingUp = true;
        while (this.#stale && !this.#stopped) {
            this.#stale = false;
            await this.#readInbox();
        }
        this.#catchingUp = false;
    }

    async #readInbox() {
        const first = await this.#read('/conversations', this.#inboxTag);
        if (this.#stopped || first.status === 304) return;
        for (let page = first.json; ;) {
            for (const { with: other, last_seq: lastSeq } of page.conversations) {
                const conversation = this.#conversation(other.user_name);
                conversation.newest = Math.max(conversation.newest, lastSeq);
                this.#fillGap(other.user_name, conversation);
            }
            if (!page.next) break;
            const answer = await this.#read(`/conversations?before=${encodeURIComponent(page.next)}`);
            if (this.#stopped) return;
            page = answer.json;
        }
        this.#inboxTag = first.etag; // only now that all of it was read
    }

    /** A question, repeated until it is answered with 200 or 304, or until the follower is stopped. */
    async #read(path, etag) {
        for (let failures = 0; ;) {
            const answer = await this.get(path, etag).catch(() => undefined);
            if (this.#stopped || answer?.status === 200 || answer?.status === 304) return answer;
            if (answer?.status === 401) {
                this.#end();
                return answer;
            }
            await new Promise((resolve) => setTimeout(resolve, waitAfter(failures++)));
        }
    }

    #openSocket() {
        let opened = false;
        this.#socket = this.connect();
        this.#socket.onopen = () => {
            opened = true;
            this.#failures = 0;
        };
        this.#socket.onmessage = ({ data }) => this.#hear(JSON.parse(data));
        this.#socket.onerror = () => {}; // a close follows
        this.#socket.onclose = ({ code }) => {
            if (this.#stopped) return;
            if (code === 4401) {
                this.#end();
                return;
            }
            if (!opened) this.#catchUp(); // which also shows whether the session is over: the socket doesn't say
            this.#reconnect = setTimeout(() => this.#openSocket(), waitAfter(this.#failures++));
        };
    }

    #hear(event) {
        if (event.type === 'message') {
            this.take(event.with, event.message);
            return;
        }
        if (event.type === 'resync') this.#catchUp();
        this.onEvent(event);
    }

    #end() {
        if (this.#stopped) return;
        this.stop();
        this.onEnd();
    }
}

/** Milliseconds to wait after so many failures in a row. At random, so that clients don't all come back at once. */
function waitAfter(failures) {
    return Math.random() * Math.min(1000 * 2 ** failures, longestWait);
}
