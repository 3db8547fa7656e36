// HTTPS in this process, on kept connections: for load, where a curl for each request would be the bottleneck.

import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';

/** One device: its session's token and a few connections. */
export class Device {
    /** `url`: the server's; `ca`: the certificate to trust, in PEM; `token`: nothing for somebody without a session */
    constructor({ url, ca, token, connections = 2 }) {
        this.url = url;
        this.token = token;
        this.agent = new Agent({ ca, keepAlive: true, maxSockets: connections });
    }

    /** One request below /api/v1. Resolves to { status, headers, json }; rejects where no answer came. */
    call(method, path, { json, headers = {}, seconds = 30 } = {}) {
        const body = json === undefined ? undefined : JSON.stringify(json);
        const options = {
            method,
            agent: this.agent,
            timeout: seconds * 1000,
            headers: {
                ...(this.token && { Authorization: `Bearer ${this.token}` }),
                ...(body && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }),
                ...headers,
            },
        };
        return new Promise((resolve, reject) => {
            const outgoing = request(`${this.url}/api/v1${path}`, options, (incoming) => {
                const chunks = [];
                incoming.on('data', (chunk) => chunks.push(chunk));
                incoming.on('error', reject);
                incoming.on('end', () => {
                    const text = Buffer.concat(chunks).toString();
                    resolve({
                        status: incoming.statusCode,
                        headers: incoming.headers,
                        json: text && JSON.parse(text),
                    });
                });
            });
            outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${seconds} s`)));
            outgoing.on('error', reject);
            outgoing.end(body);
        });
    }

    /** A call that must be answered with `status`; resolves to its JSON. */
    async expect(status, method, path, json) {
        const answer = await this.call(method, path, { json });
        if (answer.status !== status) {
            throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.json)}`);
        }
        return answer.json;
    }

    /**
     * Sends a message once, in however many attempts: under one idempotency key, until there is an answer that is not
     * about the server's own trouble. Resolves to the message and to how many attempts it took.
     */
    async send(message) {
        const headers = { 'Idempotency-Key': randomUUID() };
        for (let attempts = 1; ; attempts++) {
            const answer = await this.call('POST', '/messages', { json: message, headers }).catch(() => undefined);
            if (answer?.status === 200 || answer?.status === 201) return { message: answer.json, attempts };
            if (answer && answer.status !== 429 && answer.status < 500) {
                throw new Error(`POST /messages: ${answer.status} ${JSON.stringify(answer.json)}`);
            }
            const wait = answer?.headers['retry-after'] ?? Math.min(2 ** (attempts - 3), 30);
            await pause(wait * 1000);
        }
    }

    close() {
        this.agent.destroy();
    }
}

/** Creates a user and logs in on so many devices, which share `name`. */
export async function signUpDevices(server, name, count) {
    const person = { user_name: name, password: `pass ${randomUUID()}` };
    const stranger = new Device(server);
    await stranger.expect(201, 'POST', '/users', person);
    const devices = [];
    for (let i = 0; i < count; i++) {
        const { token } = await stranger.expect(201, 'POST', '/sessions', { ...person, token: true });
        devices.push(Object.assign(new Device({ ...server, token }), { name }));
    }
    stranger.close();
    return devices;
}

/** Runs `work` on each item, at most `width` at a time; resolves to the results, in order. */
export async function mapInParallel(items, width, work) {
    const results = [];
    let next = 0;
    const lane = async () => {
        while (next < items.length) {
            const i = next++;
            results[i] = await work(items[i], i);
        }
    };
    await Promise.all(Array.from({ length: width }, lane));
    return results;
}

/** The value below which so large a share of the numbers lies, e.g. 0.99 of them. */
export function quantile(numbers, share) {
    const sorted = Float64Array.from(numbers).sort();
    return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}
