// More requests than the stack can answer, by wrk, and what the stack is like meanwhile.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { load, memory, processes, writeRequests } from '../../bench/stack.mjs';
import { eventually, stack, uniqueName } from '../../e2e/support/api.mjs';
import { Device, quantile, signUpDevices } from '../../e2e/support/https.mjs';

/** How long a storm lasts, in seconds; docs/reliability.md has the figures of a minute. */
export const seconds = Number(process.env.SOTTO_LOAD_SECONDS ?? 8);

/** The server, for devices. */
export const server = { url: stack.url, ca: readFileSync(stack.ca) };

/** Somebody without a session. */
export const stranger = new Device(server);

/** So many pairs of devices, each with a conversation of 50 messages. */
export async function makePairs(count) {
    const pairs = [];
    for (let i = 0; i < count; i++) {
        const [[one], [other]] = [await newDevice('load'), await newDevice('load')];
        for (let n = 1; n <= 50; n++) await one.send(textTo(other, `message ${n}`));
        pairs.push([one, other]);
    }
    return pairs;
}

/** Somebody new, on so many devices. */
export const newDevice = (hint, count = 1) => signUpDevices(server, uniqueName(hint), count);

export const textTo = (other, text = 'a message like many others') => ({ recipient: other.name, type: 'text', text });

/** Requests for `storm`: everybody's newest page. */
export const pages = (pairs) =>
    pairs.map(([one, other]) => ({ path: `/api/v1/messages?with=${other.name}&per_page=50&page=1`, token: one.token }));

/** Requests for `storm`: a text from each to the other. */
export const sends = (pairs) =>
    pairs.flatMap(([one, other]) => [
        { method: 'POST', path: '/api/v1/messages', token: one.token, body: textTo(other) },
        { method: 'POST', path: '/api/v1/messages', token: other.token, body: textTo(one) },
    ]);

/** Requests for `storm`: log-ins of somebody new, by the right password. */
export async function logIns() {
    const person = { user_name: uniqueName('storm'), password: 'a long enough passphrase' };
    await stranger.expect(201, 'POST', '/users', person);
    return [{ method: 'POST', path: '/api/v1/sessions', body: person }];
}

/**
 * Has wrk send these requests, at random, each of its connections the next one so many ms (`pause`, on average) after
 * an answer. Resolves with { requests, refused }, answers in all and those of 400 and above; a connection without an
 * answer fails it.
 */
export const storm = (requests, { connections, duration = seconds, pause: wait }) =>
    load(writeRequests('storm', requests), { seconds: duration, connections, allowRefusals: true, pause: wait });

/**
 * What workers have answered with 2xx until now, by the page for Prometheus, of one route or of all; and when that
 * was.
 */
async function served(route) {
    const text = await (await fetch(stack.metricsUrl)).text();
    const pattern = new RegExp(
        `^sotto_requests_total\\{[^}]*${route ? `route="${route}",` : ''}status="2\\d\\d"\\} (\\d+)$`,
        'gm',
    );
    const counts = [...text.matchAll(pattern)].map(([, count]) => Number(count));
    return { count: counts.reduce((a, b) => a + b, 0), at: performance.now() };
}

/** Good answers a second until `busy` is settled, without its first third, in which connections are opened. */
export async function goodRate(busy, route) {
    const samples = await probe(busy, () => served(route), 250);
    await busy;
    const [first, last] = [samples[Math.floor(samples.length / 3)], samples.at(-2)];
    return ((last.count - first.count) / (last.at - first.at)) * 1000;
}

/**
 * Calls every `interval` ms until `busy` is settled. Resolves with { status, headers, json, ms } of each, status 0
 * where no answer came.
 */
export async function probe(busy, call, interval = 100) {
    let over = false;
    const ended = busy.finally(() => (over = true)).catch(() => {}); // whoever made it awaits it, too
    const answers = [];
    while (!over) {
        const start = performance.now();
        const answer = await call().catch((error) => ({ status: 0, error }));
        answers.push({ ...answer, ms: performance.now() - start });
        await Promise.race([ended, pause(Math.max(0, interval - (performance.now() - start)))]);
    }
    return answers;
}

const services = ['api', 'auth', 'hub', 'nginx', 'mariadb'];

/** The memory (PSS) of all processes of each service, in MiB. */
export const memoryInUse = () =>
    Object.fromEntries(
        services.map((name) => {
            const pids = processes(name);
            return [name, memory(pids).mean * pids.length];
        }),
    );

/** Looks at the memory until `busy` is settled; resolves with the most of each service. */
export async function highestMemory(busy) {
    const most = {};
    await probe(
        busy,
        async () => {
            for (const [name, mib] of Object.entries(memoryInUse())) most[name] = Math.max(most[name] ?? 0, mib);
        },
        250,
    );
    return most;
}

/** Fails unless this is how work is refused: 503 or 429 as problem+json with Retry-After. */
export function assertRefusal({ status, headers, json }) {
    assert.ok([429, 503].includes(status), `${status} ${JSON.stringify(json)}`);
    assert.equal(headers['content-type'], 'application/problem+json');
    assert.match(headers['retry-after'] ?? '', /^[1-9]\d?$/);
    assert.equal(json.type, status === 429 ? '/problems#rate-limited' : '/problems#unavailable');
    assert.equal(json.status, status);
}

/**
 * Fails unless this call is answered with 201 and as quickly as ever, 2 s after the storm has `ended` at the latest.
 */
export const assertNormal = (ended, call) =>
    eventually('an answer as quick as ever', 2 - (performance.now() - ended) / 1000, async () => {
        const start = performance.now();
        const { status } = await call();
        return status === 201 && performance.now() - start < 500;
    });

/** Median and 99th percentile of the answers' times, as text. */
export const times = (answers) => {
    if (answers.length === 0) return 'none';
    const all = answers.map(({ ms }) => ms);
    return `p50 ${quantile(all, 0.5).toFixed(1)} ms, p99 ${quantile(all, 0.99).toFixed(1)} ms of ${all.length}`;
};

/** How many answers there were of each status. */
export const statuses = (answers) => {
    const counts = {};
    for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
    return counts;
};

/** A record of numbers as text. */
export const shown = (record) =>
    Object.entries(record)
        .map(([name, value]) => `${name} ${value.toFixed(0)}`)
        .join(', ');
