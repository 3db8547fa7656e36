// Ten times as many log-ins as passwords can be checked: as many as ever get in, the others are refused quickly, and
// nobody who is in notices.

import assert from 'node:assert/strict';
import { before as beforeAll, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Device, quantile } from '../e2e/support/https.mjs';
import {
    assertNormal,
    assertRefusal,
    goodRate,
    highestMemory,
    logIns,
    memoryInUse,
    newDevice,
    probe,
    seconds,
    server,
    shown,
    statuses,
    storm,
    textTo,
    times,
} from './support/storm.mjs';

const connections = 512;
const route = '/api/v1/sessions';
let alice, bob, requests;

beforeAll(async () => {
    [[alice], [bob]] = [await newDevice('alice'), await newDevice('bob')];
    await alice.send(textTo(bob));
    requests = await logIns();
});

const send = () => alice.call('POST', '/messages', { json: textTo(bob) });
const others = new Device({ ...server, connections: 16 });
const logIn = () => others.call('POST', '/sessions', { json: requests[0].body });
/** Who gets in waits for a while, so several ask. */
const probeLogIns = (busy) => Promise.all(Array.from({ length: 16 }, () => probe(busy, logIn)));
const probeQuickly = (busy) => probe(busy, send, 20);

test('a storm of log-ins', async (t) => {
    const measureCapacity = () => goodRate(storm(requests, { connections: 8, duration: 4 }), route);
    const before = await measureCapacity();
    const quiet = await probeQuickly(pause(3000));
    const memoryBefore = memoryInUse();
    const busy = storm(requests, { connections, pause: Math.round((1000 * connections) / (10 * before)) });
    const [rate, sent, loggedIn, most] = await Promise.all([
        goodRate(busy, route),
        probeQuickly(busy),
        probeLogIns(busy),
        highestMemory(busy),
    ]);
    const result = await busy;
    const ended = performance.now();
    await assertNormal(ended, logIn);
    await assertNormal(ended, send);
    // Whoever else uses the machine comes and goes: the lesser of before and after is what can be asked for.
    const capacity = Math.min(before, await measureCapacity());

    const refused = loggedIn.flat().filter(({ status }) => status !== 201);
    t.diagnostic(`${capacity.toFixed(1)} log-ins/s with 8 connections, ${rate.toFixed(1)}/s with ${connections}`);
    t.diagnostic(
        `${(result.requests / seconds).toFixed()} answers/s, ${(result.refused / seconds).toFixed()} of them refusals`,
    );
    t.diagnostic(`log-ins: ${JSON.stringify(statuses(loggedIn.flat()))}, refused ones ${times(refused)}`);
    t.diagnostic(`sends without it: ${times(quiet)}; during it: ${times(sent)}`);
    t.diagnostic(`memory before ${shown(memoryBefore)}, at most ${shown(most)}`);
    // A collapse, not what the other half of a busy machine takes.
    assert.ok(rate >= 0.5 * capacity, `${rate} log-ins/s of ${capacity}`);
    refused.forEach(assertRefusal);
    assert.ok(refused.length > 0, 'nobody was refused');
    assert.ok(
        quantile(
            refused.map(({ ms }) => ms),
            0.9,
        ) < 1000,
        times(refused),
    );
    assert.deepEqual(Object.keys(statuses(sent)), ['201'], 'nobody who is in is refused');
    assert.ok(
        quantile(
            sent.map(({ ms }) => ms),
            0.5,
        ) < 100,
        times(sent),
    );
    // Each of the pool's workers hashes one password at a time, at 64 MiB.
    for (const [name, mib] of Object.entries(most)) {
        assert.ok(
            mib - memoryBefore[name] < (name === 'auth' ? 160 : 64),
            `${name}: from ${memoryBefore[name]} to ${mib} MiB`,
        );
    }
});
