// How long a message takes from its sender to the open socket of its recipient, both through nginx with TLS.

import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { setTimeout as pause } from 'node:timers/promises';
import { mapInParallel, signUpDevices } from '../e2e/support/https.mjs';

const WebSocket = createRequire(new URL('../e2e/package.json', import.meta.url))('ws');

const pairCount = 50;
const warmUp = 3; // seconds, not counted

/** Resolves when the socket has got its first event; rejects when it can't be opened. */
export function opened(socket) {
    return new Promise((resolve, reject) => {
        socket.once('message', () => resolve(socket));
        socket.once('error', reject);
    });
}

/** Resolves with an open socket through nginx for each token. */
export function openSockets({ url, ca }, tokens) {
    return mapInParallel(tokens, 16, (token) =>
        opened(new WebSocket(`${url.replace('https', 'wss')}/api/v1/live`, { ca, headers: { Authorization: `Bearer ${token}` } })),
    );
}

/** Times in milliseconds since the epoch, with fractions; the server's clock is the same one. */
const now = () => performance.timeOrigin + performance.now();

/**
 * Sends `rate` messages a second for `seconds`, between users made for it. `server`: { url, ca: PEM }. Resolves with
 * { asked, span: seconds they took, heard: how many arrived live, times: lists of milliseconds }.
 */
export async function measureDelivery(server, { rate, seconds }) {
    const run = randomBytes(3).toString('hex');
    const names = Array.from({ length: 2 * pairCount }, (_, i) => `live-${run}-${i}`);
    const devices = (await mapInParallel(names, 4, (name) => signUpDevices(server, name, 1))).flat();
    const received = new Map(); // text → when
    const listeners = await openSockets(server, devices.slice(pairCount).map(({ token }) => token));
    for (const socket of listeners) {
        socket.on('message', (data) => {
            const { type, message } = JSON.parse(data);
            if (type === 'message') received.set(message.text, now());
        });
    }

    const sends = [];
    const start = now();
    const send = async (i) => {
        const due = start + (1000 * i) / rate;
        const text = `message ${i}`;
        const recipient = names[pairCount + (i % pairCount)];
        const answer = await devices[i % pairCount].call('POST', '/messages', { json: { recipient, type: 'text', text } });
        if (answer.status !== 201) throw new Error(`POST /messages: ${answer.status} ${JSON.stringify(answer.json)}`);
        return { text, due, answered: now(), created: Date.parse(answer.json.created_at) };
    };
    // An open loop: a message is due when it is due, whether or not the ones before are answered.
    const total = rate * (warmUp + seconds);
    while (sends.length < total) {
        while (sends.length < total && start + (1000 * sends.length) / rate <= now()) sends.push(send(sends.length));
        await pause(1);
    }
    const all = await Promise.all(sends);
    for (let i = 0; i < 100 && received.size < total; i++) await pause(50);
    for (const socket of listeners) socket.terminate();
    for (const device of devices) device.close();

    const counted = all.slice(rate * warmUp);
    const heard = counted.filter(({ text }) => received.has(text));
    const span = (Math.max(...counted.map(({ answered }) => answered)) - counted[0].due) / 1000;
    const times = {
        dueToReceipt: heard.map(({ text, due }) => received.get(text) - due),
        createdToReceipt: heard.map(({ text, created }) => received.get(text) - created),
        answerToReceipt: heard.map(({ text, answered }) => received.get(text) - answered),
        dueToAnswer: counted.map(({ due, answered }) => answered - due),
    };
    return { asked: counted.length, span, heard: heard.length, times };
}
