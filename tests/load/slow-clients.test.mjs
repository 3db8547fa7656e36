// Clients that are slow on purpose: they hold no worker, so that others are served as ever.

import assert from 'node:assert/strict';
import { afterEach, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from 'node:tls';
import { eventually, stack } from '../e2e/support/api.mjs';
import { Device, mapInParallel, quantile } from '../e2e/support/https.mjs';
import { sql, workers } from '../e2e/support/stack.mjs';
import { memoryInUse, newDevice, probe, server, statuses, textTo, times } from './support/storm.mjs';

const port = Number(new URL(stack.url).port);
const open = new Set();
let alice, bob;

before(async () => {
    [[alice], [bob]] = [await newDevice('alice'), await newDevice('bob')];
    await alice.send(textTo(bob));
});

afterEach(() => {
    for (const socket of open) socket.destroy();
    open.clear();
});

/** A connection that has written `text` and reads nothing. */
async function opened(text) {
    const socket = connect({ port, host: 'localhost', servername: 'localhost', ca: server.ca, allowHalfOpen: true });
    open.add(socket);
    socket.pause();
    socket.on('error', () => {});
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
    await new Promise((resolve) => socket.write(text, resolve));
    return socket;
}

/** So many of them, each with a text of its own. */
const openMany = (count, text) => mapInParallel(Array.from({ length: count }), 32, (_, i) => opened(text(i)));

const head = (method, path, device, further = '') =>
    `${method} /api/v1${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${device.token}\r\n${further}`;

/** Fails unless somebody who sends for some seconds is served each time, and quickly. */
async function assertServed(t, duration = 3000) {
    const sent = await probe(pause(duration), () => alice.call('POST', '/messages', { json: textTo(bob) }), 20);
    t.diagnostic(`sends meanwhile: ${times(sent)}`);
    assert.deepEqual(Object.keys(statuses(sent)), ['201']);
    assert.ok(
        quantile(
            sent.map(({ ms }) => ms),
            0.5,
        ) < 100,
        times(sent),
    );
}

const count = 256; // many times the workers

test('256 that never finish their head are sent away after 10 s', async (t) => {
    const slow = await openMany(count, () => head('GET', '/users/me', alice));
    const dribble = setInterval(() => slow.forEach((socket) => socket.write('X-Slow: 1\r\n')), 1000);
    try {
        await assertServed(t);
        for (const socket of slow) socket.resume();
        await eventually('all of them closed', 20, () =>
            slow.every((socket) => socket.destroyed || socket.readableEnded),
        );
    } finally {
        clearInterval(dribble);
    }
});

test('256 that never finish their body', async (t) => {
    const slow = await openMany(count, () =>
        head('POST', '/messages', alice, 'Content-Type: application/json\r\nContent-Length: 60000\r\n\r\n{'),
    );
    const dribble = setInterval(() => slow.forEach((socket) => socket.write(' ')), 1000);
    await assertServed(t).finally(() => clearInterval(dribble));
});

test('twice as many as workers that ask for a long answer and never read it', async (t) => {
    const [[carol], [dave]] = [await newDevice('carol'), await newDevice('dave')];
    const { id } = (await carol.send(textTo(dave))).message;
    const conversation = id.split('-')[0];
    // 12 MB, more than lies between nginx and a client that does not read.
    sql(`INSERT INTO messages (conversation_id, seq, sender_id, recipient_id, type, text, created_at)
         SELECT m.conversation_id, s.seq, m.sender_id, m.recipient_id, 'text', REPEAT('x', 4000), m.created_at
         FROM seq_2_to_3000 s JOIN messages m ON m.conversation_id = ${conversation} AND m.seq = 1;
         UPDATE conversations SET last_seq = 3000 WHERE id = ${conversation}`);
    await openMany(2 * workers().length, () => head('GET', `/messages?with=${dave.name}`, carol, '\r\n'));
    await assertServed(t);
});

const handshake =
    'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

test('live connections that never read, and such as are closed halfway', async (t) => {
    const [[listener], [talker]] = [await newDevice('listener'), await newDevice('talker')];
    const { hub: before } = memoryInUse();
    const webSockets = await openMany(8, () => head('GET', '/live', listener, handshake));
    const streams = await openMany(8, () => head('GET', '/live', listener, 'Accept: text/event-stream\r\n\r\n'));
    const kept = async () => {
        const page = await (await fetch(stack.metricsUrl)).text();
        return [...page.matchAll(/^sotto_hub_connections\{.*\} (\d+)$/gm)].reduce((sum, [, n]) => sum + Number(n), 0);
    };
    await eventually('all of them open', 10, async () => (await kept()) === 16);

    for (const half of [...webSockets.slice(0, 4), ...streams.slice(0, 4)]) half.end();
    await eventually('none is kept that is closed halfway', 5, async () => (await kept()) === 8);

    // Long messages, until everything between the hub and a client that does not read is full.
    const lanes = Array.from({ length: 8 }, () => new Device({ ...server, token: talker.token }));
    let most = 0;
    const dropped = eventually('none is kept that does not read', 30, async () => {
        most = Math.max(most, memoryInUse().hub);
        return (await kept()) === 0;
    });
    const told = await Promise.all([
        assertServed(t),
        ...lanes.map((lane) =>
            probe(dropped, () => lane.call('POST', '/messages', { json: textTo(listener, 'x'.repeat(4000)) }), 0),
        ),
    ]);
    await dropped;
    for (const lane of lanes) lane.close();
    const messages = told.flat().length;
    t.diagnostic(`hub: from ${before.toFixed(1)} to at most ${most.toFixed(1)} MiB; ${messages} messages of 4,000`);
    assert.ok(most - before < 16, `the hub grew by ${most - before} MiB`);
});
