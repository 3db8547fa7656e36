// The live channel: one WebSocket that is opened again whenever it closes. docs/live.md has the protocol.

import { call, waitAfter } from './api.js';

const catchUpInterval = 60_000;
const sessionEnded = 4401; // close code

/**
 * Events: `event` (detail: a live event), `catch-up` (something may have been missed: ask for all that is shown), `connection` (detail:
 * whether it is open). A session that is over shows in a call that is answered with 401.
 */
export class LiveChannel extends EventTarget {
    #socket;
    #failures = 0;
    #timer;
    #stopped = false;
    #connected = false;
    #cleanup;

    start() {
        this.#stopped = false;
        this.#cleanup = new AbortController();
        const { signal } = this.#cleanup;
        // A server process that dies between storing a message and telling of it is noticed by nobody else.
        const interval = setInterval(() => this.#tell('catch-up'), catchUpInterval);
        signal.addEventListener('abort', () => clearInterval(interval));
        window.addEventListener('online', () => this.#reconnectNow(), { signal });
        window.addEventListener('offline', () => this.#socket?.close(), { signal });
        document.addEventListener('visibilitychange', () => !document.hidden && this.#reconnectNow(), { signal });
        this.#open();
    }

    stop() {
        this.#stopped = true;
        this.#connected = false;
        this.#cleanup.abort();
        clearTimeout(this.#timer);
        this.#socket?.close();
    }

    #tell(name, detail) {
        if (!this.#stopped) this.dispatchEvent(new CustomEvent(name, { detail }));
    }

    #setConnected(connected) {
        this.#connected = connected;
        this.#tell('connection', connected);
    }

    #reconnectNow() {
        if (this.#connected || this.#socket?.readyState === WebSocket.CONNECTING) return;
        clearTimeout(this.#timer);
        this.#open();
    }

    #open() {
        const socket = new WebSocket(`wss://${location.host}/api/v1/live`);
        this.#socket = socket;
        let opened = false;
        socket.onopen = () => {
            opened = true;
            this.#failures = 0;
            this.#setConnected(true);
        };
        socket.onmessage = ({ data }) => {
            const event = JSON.parse(data);
            if (event.type === 'resync') this.#tell('catch-up');
            else this.#tell('event', event);
        };
        socket.onclose = ({ code }) => {
            if (this.#stopped || socket !== this.#socket) return;
            this.#setConnected(false);
            // A refused handshake doesn't say why; where the session is over, the answer to this call says so.
            if (!opened || code === sessionEnded) call('GET', '/users/me').catch(() => {});
            this.#timer = setTimeout(() => this.#open(), waitAfter(this.#failures++));
        };
    }
}
