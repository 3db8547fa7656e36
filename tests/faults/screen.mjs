// A live client with everything that it was shown: the rule of docs/live.md, over a WebSocket or an event stream.

import { createRequire } from 'node:module';
import { request } from 'node:https';
import { Follower } from '../e2e/support/follower.mjs';

const WebSocket = createRequire(new URL('../e2e/package.json', import.meta.url))('ws');

/** An event stream in the shape of a WebSocket, which is what Follower takes. */
class EventStream {
    #closed = false;

    constructor(url, options) {
        const headers = { ...options.headers, Accept: 'text/event-stream' };
        this.request = request(url, { ...options, headers }, (incoming) => {
            if (incoming.statusCode !== 200) return this.#end();
            this.onopen?.();
            let rest = '';
            incoming.setEncoding('utf8').on('data', (text) => {
                const blocks = (rest + text).split('\n\n');
                rest = blocks.pop();
                for (const block of blocks) {
                    const data = /^data: (.*)$/m.exec(block)?.[1];
                    if (data !== undefined) this.onmessage?.({ data });
                }
            });
            incoming.on('error', () => {}); // a close follows
            incoming.on('close', () => this.#end());
        });
        this.request.on('error', () => this.#end());
        this.request.end();
    }

    #end() {
        if (this.#closed) return;
        this.#closed = true;
        this.onclose?.({ code: 1006 });
    }

    close() {
        this.request.destroy();
    }
}

export class Screen {
    /** Other user → the messages in the order in which they came. */
    shown = new Map();
    /** Events about changes and read marks, as they came. */
    events = [];
    connects = 0;
    resyncs = 0;

    constructor({ user, device, server, stream }) {
        Object.assign(this, { user, device });
        const address = `${stream ? server.url : server.url.replace('https', 'wss')}/api/v1/live`;
        const options = { ca: server.ca, headers: { Authorization: `Bearer ${device.token}` } };
        this.follower = new Follower({
            connect: () => {
                this.connects++;
                return stream
                    ? new EventStream(address, { ...options, agent: false })
                    : new WebSocket(address, options);
            },
            get: async (path, etag) => {
                const headers = etag ? { 'If-None-Match': etag } : {};
                const answer = await device.call('GET', path, { headers, seconds: 5 });
                return { ...answer, etag: answer.headers.etag };
            },
            onMessage: (other, message) => this.conversation(other).push(message),
            onEvent: (event) => this.#hear(event),
            onEnd: () => {
                this.ended = true;
            },
        });
    }

    start() {
        this.follower.start();
    }

    stop() {
        this.follower.stop();
    }

    conversation(other) {
        if (!this.shown.has(other)) this.shown.set(other, []);
        return this.shown.get(other);
    }

    #hear(event) {
        if (event.type === 'resync') this.resyncs++;
        else this.events.push(event);
        if (event.type === 'message.edited' || event.type === 'message.deleted')
            this.#replace(event.with, event.message);
    }

    #replace(other, message) {
        const messages = this.conversation(other);
        if (message.seq <= messages.length) messages[message.seq - 1] = message;
    }

    /** Asks for what is on the screen again, which after a resync may have changed. */
    async refresh() {
        for (const other of this.shown.keys()) {
            const { messages } = await this.device.expect(200, 'GET', `/messages?with=${other}&order=asc`);
            for (const message of messages) this.#replace(other, message);
        }
    }
}
