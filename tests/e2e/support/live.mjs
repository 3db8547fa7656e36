// Clients of the live channel as tests want them: they hand over what came, one event after the other, and how it
// ended.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after } from 'node:test';
import WebSocket from 'ws';
import { stack } from './api.mjs';

const ca = readFileSync(stack.ca);
const open = new Set();

after(() => {
    for (const client of open) client.abandon();
});

/** What both kinds have: a queue of events to be taken in order, and an end. */
class LiveClient {
    #events = [];
    #takers = [];
    #lost;

    constructor() {
        open.add(this);
        /** Resolves when the connection has ended: to { code, at }. */
        this.ended = new Promise((resolve) => {
            this.end = (code) => {
                open.delete(this);
                this.#lost = new Error(`the connection ended: ${code}`);
                for (const { reject } of this.#takers.splice(0)) reject(this.#lost);
                resolve({ code, at: performance.now() });
            };
        });
    }

    arrived(event) {
        const taker = this.#takers.shift();
        if (taker) taker.resolve(event);
        else this.#events.push(event);
    }

    /** Takes the next event. Fails where none comes within 5 s, or the connection ends before. */
    next() {
        if (this.#events.length > 0) return Promise.resolve(this.#events.shift());
        if (this.#lost) return Promise.reject(this.#lost);
        return new Promise((resolve, reject) => {
            const timer = setTimeout(() => reject(new Error('no event within 5 s')), 5000);
            const settle = (done) => (value) => {
                clearTimeout(timer);
                done(value);
            };
            this.#takers.push({ resolve: settle(resolve), reject: settle(reject) });
        });
    }

    /** Fails unless the connection ends so soon, and with this code: of an event stream, curl's exit code. */
    async endsWith(code, seconds = 5) {
        let timer;
        const late = new Promise((_, reject) => {
            timer = setTimeout(() => reject(new Error(`still open after ${seconds} s`)), seconds * 1000);
        });
        const end = await Promise.race([this.ended, late]).finally(() => clearTimeout(timer));
        assert.equal(end.code, code);
        return end;
    }
}

/** The WebSocket of an npm client. */
class LiveSocket extends LiveClient {
    constructor(headers) {
        super();
        this.socket = new WebSocket(`${stack.url.replace('https', 'wss')}/api/v1/live`, { ca, headers });
        this.opened = new Promise((resolve, reject) => {
            this.socket.on('open', () => resolve(this));
            this.socket.on('error', reject);
        });
        this.socket.on('message', (data, isBinary) => {
            assert.ok(!isBinary);
            this.arrived(JSON.parse(data));
        });
        this.socket.on('close', (code) => this.end(code));
    }

    abandon() {
        this.socket.terminate();
    }
}

/** curl on the event stream. An event is { id, data }; `head` is the answer's status line and headers. */
class LiveStream extends LiveClient {
    comments = 0;
    #text = '';

    constructor(args) {
        super();
        const common = ['--silent', '--no-buffer', '--include', '--cacert', stack.ca];
        this.curl = spawn('curl', [
            ...common,
            ...args,
            '--header',
            'Accept: text/event-stream',
            `${stack.url}/api/v1/live`,
        ]);
        this.opened = new Promise((resolve, reject) => {
            this.curl.on('error', reject);
            this.curl.on('close', (code) => {
                reject(new Error(`curl exit ${code}: ${this.#text}`));
                this.end(code);
            });
            this.curl.stdout.setEncoding('utf8').on('data', (text) => {
                this.#text += text;
                this.#read();
                if (this.head) resolve(this);
            });
        });
    }

    #read() {
        if (!this.head) {
            const end = this.#text.indexOf('\r\n\r\n');
            if (end < 0) return;
            this.head = this.#text.slice(0, end);
            this.#text = this.#text.slice(end + 4);
        }
        const blocks = this.#text.split('\n\n');
        this.#text = blocks.pop();
        for (const block of blocks) this.#take(block);
    }

    #take(block) {
        if (block === ':') {
            this.comments++;
            return;
        }
        const fields = block.split('\n').map((line) => /^(id|data|retry): (.*)$/.exec(line).slice(1));
        const { data, ...others } = Object.fromEntries(fields);
        this.arrived({ ...others, ...(data && { data: JSON.parse(data) }) });
    }

    abandon() {
        this.curl.kill('SIGKILL');
    }
}

/** How a client of the API shows who it is: with its cookie, or with its bearer token. */
function credentials(client) {
    return client.token === undefined
        ? { Cookie: `__Host-session=${client.sessionToken}` }
        : { Authorization: `Bearer ${client.token}` };
}

/** A WebSocket for this client; resolves when it is open, and its first event, a resync, was taken. */
export async function openSocket(client, headers = {}) {
    const live = await new LiveSocket({ ...credentials(client), ...headers }).opened;
    assert.deepEqual(await live.next(), { type: 'resync' });
    return live;
}

/** An event stream for this client; resolves when its retry time and its first event, a resync, were taken. */
export async function openStream(client) {
    const headers = Object.entries(credentials(client)).flatMap(([name, value]) => ['--header', `${name}: ${value}`]);
    const live = await new LiveStream(headers).opened;
    assert.deepEqual(await live.next(), { retry: '2000' });
    assert.deepEqual(await live.next(), { data: { type: 'resync' } });
    return live;
}

/** What makes a request a WebSocket handshake, as headers for curl. */
export const handshake = [
    ['Connection', 'Upgrade'],
    ['Upgrade', 'websocket'],
    ['Sec-WebSocket-Version', '13'],
    ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
];

/** Asks for a WebSocket with curl, which shows a refusal whole; `without` leaves one header of the handshake out. */
export const askForSocket = (client, { headers = [], without } = {}) =>
    client.get('/live', {
        headers: [...handshake.filter(([name]) => name !== without), ...headers],
        curl: ['--http1.1'],
    });

/** Asks for an event stream with curl, in order to be refused. */
export const askForStream = (client, headers = []) =>
    client.get('/live', { headers: [['Accept', 'text/event-stream'], ...headers] });

/** A call that must be answered with `status`. */
export async function must(status, client, method, path, json) {
    const answer = await client.call(method, path, { json });
    assert.equal(answer.status, status, `${method} ${path}\n${answer}`);
    return answer;
}

/** Fails unless the next event of each of these is this one. */
export async function allHear(clients, event) {
    for (const client of clients) {
        const heard = await client.next();
        assert.deepEqual(heard.data ?? heard, event);
    }
}
