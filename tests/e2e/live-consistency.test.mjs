// Shown, not assumed: whoever follows the rule of docs/live.md ends with exactly what the database holds, in order,
// while everybody writes at full speed and the hub, nginx and workers are killed or reloaded under them.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import WebSocket from 'ws';
import { eventually, stack, uniqueName } from './support/api.mjs';
import { Follower } from './support/follower.mjs';
import { mapInParallel, signUpDevices } from './support/https.mjs';
import { mainPid } from './support/processes.mjs';
import { service, sql, workers } from './support/stack.mjs';

const seconds = Number(process.env.SOTTO_CONSISTENCY_SECONDS ?? 12);
const pairCount = 20;
const server = { url: stack.url, ca: readFileSync(stack.ca) };
const following = new Set();

after(() => {
    for (const follower of following) follower.stop();
});

/** A follower on this device, which keeps in `messages` what it was shown; `counts` says how it came to it. */
function follow(device) {
    const counts = { connects: 0, resyncs: 0, questions: 0 };
    const messages = [];
    const follower = new Follower({
        connect: () => {
            counts.connects++;
            return new WebSocket(`${server.url.replace('https', 'wss')}/api/v1/live`, {
                ca: server.ca,
                headers: { Authorization: `Bearer ${device.token}` },
            });
        },
        get: async (path, etag) => {
            if (path.startsWith('/messages')) counts.questions++;
            const { status, headers, json } = await device.call('GET', path, {
                headers: etag ? { 'If-None-Match': etag } : {},
            });
            return { status, etag: headers.etag, json };
        },
        onMessage: (_, message) => messages.push(message),
        onEvent: ({ type }) => {
            if (type === 'resync') counts.resyncs++;
        },
        onEnd: () => following.delete(follower),
    });
    following.add(follower);
    follower.start();
    return Object.assign(follower, { messages, counts });
}

/** Kills the hub every three seconds, and between reloads nginx or kills a worker; when it is over, says how often. */
async function makeTrouble(over) {
    const done = { hubKills: 0, reloads: 0, workerKills: 0 };
    const killHub = () => {
        const pid = mainPid('hub');
        if (pid === undefined) return; // not yet back from the last time
        process.kill(pid, 'SIGKILL');
        done.hubKills++;
    };
    const reloadNginx = () => {
        process.kill(mainPid('nginx'), 'SIGHUP');
        done.reloads++;
    };
    const killWorker = () => {
        const pids = workers();
        process.kill(pids[done.workerKills % pids.length], 'SIGKILL');
        done.workerKills++;
    };
    for (let i = 0; ; i++) {
        await pause(1500, undefined, { signal: over }).catch(() => {});
        if (over.aborted) return done;
        [killHub, reloadNginx, killHub, killWorker][i % 4]();
    }
}

/** Kills the hub, and lets the supervisor start it again only when `work` is done. */
async function withoutHub(work) {
    await eventually('the hub runs', 5, () => mainPid('hub'));
    service('once', 'hub');
    process.kill(mainPid('hub'), 'SIGKILL');
    await work().finally(() => service('up', 'hub'));
}

/** Somebody who writes from one device to one other user, and keeps the texts in order. */
class Writer {
    texts = [];
    repeated = 0; // messages that had to be sent more than once

    constructor(device, recipient, follower) {
        Object.assign(this, { device, name: device.name, recipient, follower });
    }

    async write() {
        const text = `${this.name} ${this.texts.length}`;
        const { message, attempts } = await this.device.send({ recipient: this.recipient, type: 'text', text });
        this.texts.push(text);
        if (attempts > 1) this.repeated++;
        this.follower.take(this.recipient, message);
    }

    /** Writes without a pause. */
    async writeUntil(over) {
        while (!over.aborted) await this.write();
    }
}

/** What the database has of the conversation of these two, in order: [seq, sender, text] each. */
function stored(one, two) {
    const rows = sql(`SELECT m.seq, s.user_name, m.text FROM messages m JOIN users s ON s.id = m.sender_id
        JOIN conversations c ON c.id = m.conversation_id
        JOIN users lo ON lo.id = c.user_lo JOIN users hi ON hi.id = c.user_hi
        WHERE '${one}' IN (lo.user_name, hi.user_name) AND '${two}' IN (lo.user_name, hi.user_name) ORDER BY m.seq`);
    return rows.map(([seq, ...rest]) => [Number(seq), ...rest]);
}

const brief = ({ seq, sender, text }) => [seq, sender, text];

for (const deviceCount of [1, 4]) {
    test(`20 pairs, ${deviceCount} devices a user, ${seconds} s of faults: all end with what is stored`, async (t) => {
        const names = Array.from({ length: 2 * pairCount }, (_, i) => uniqueName(`user${i}`));
        const devices = await mapInParallel(names, 4, (name) => signUpDevices(server, name, deviceCount));
        const followers = devices.map((ofUser) => ofUser.map(follow));
        const all = followers.flat();
        const peer = (i) => i ^ 1; // users 0 and 1 are a pair, 2 and 3, and so on
        await eventually('all are connected', 30, () => all.every(({ counts }) => counts.resyncs > 0));

        const writers = names.map((_, i) => new Writer(devices[i][0], names[peer(i)], followers[i][0]));
        const over = new AbortController();
        const trouble = makeTrouble(over.signal);
        const writing = Promise.all(writers.map((writer) => writer.writeUntil(over.signal)));
        // The writers only come first where one of them fails.
        await Promise.race([pause(1000 * seconds), writing]).finally(() => over.abort());
        await writing;
        const faults = await trouble;

        // No further message will show that the last ones are missing.
        await withoutHub(() => Promise.all(writers.map((writer) => writer.write())));
        const stopped = Date.now();

        const held = await mapInParallel(names, 4, async (name, i) => {
            const { messages } = await devices[i][0].expect(200, 'GET', `/messages?with=${names[peer(i)]}&order=asc`);
            return messages;
        });
        await eventually('followers have as many messages as are stored', 20, () =>
            followers.every((ofUser, i) => ofUser.every(({ messages }) => messages.length >= held[i].length)),
        );
        const settled = Date.now() - stopped;

        for (const [i, ofUser] of followers.entries()) {
            for (const { messages } of ofUser) assert.deepEqual(messages, held[i], `a device of ${names[i]}`);
        }
        for (let i = 0; i < names.length; i += 2) {
            const rows = stored(names[i], names[peer(i)]);
            assert.deepEqual(held[i].map(brief), rows);
            assert.deepEqual(held[peer(i)], held[i]);
            assert.deepEqual(
                rows.map(([seq]) => seq),
                rows.map((_, n) => n + 1),
            );
            for (const { name, texts } of [writers[i], writers[peer(i)]]) {
                const own = rows.filter(([, sender]) => sender === name).map(([, , text]) => text);
                assert.deepEqual(own, texts, 'each once, and in the order of writing');
            }
        }

        const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
        const count = (what) => sum(all.map(({ counts }) => counts[what]));
        const total = sum(writers.map(({ texts }) => texts.length));
        const repeated = sum(writers.map((writer) => writer.repeated));
        t.diagnostic(
            `${total} messages, ${Math.round(total / seconds)} a second, ${repeated} of them sent more than once;` +
                ` to ${all.length} followers; ${faults.hubKills} hub kills, ${faults.reloads} reloads,` +
                ` ${faults.workerKills} worker kills; ${count('connects')} connects, ${count('resyncs')} resyncs,` +
                ` ${count('questions')} questions; all had everything ${settled} ms after the last message`,
        );
        assert.ok(faults.hubKills >= 2 && faults.reloads >= 1 && faults.workerKills >= 1, JSON.stringify(faults));
        assert.ok(total > 10 * names.length, 'so few messages show nothing');
        for (const { counts } of all) assert.ok(counts.connects > 1, 'a follower noticed nothing of the kills');
        for (const follower of all) follower.stop();
        for (const device of devices.flat()) device.close();
    });
}

test('a follower whose session is revoked says so, and asks no more', async () => {
    const [one, other] = await signUpDevices(server, uniqueName('revoked'), 2);
    const follower = follow(one);
    const ended = new Promise((resolve) => {
        follower.onEnd = resolve;
    });
    await eventually('it is connected', 5, () => follower.counts.resyncs > 0);
    const { sessions } = await other.expect(200, 'GET', '/sessions');
    const session = sessions.find(({ current }) => !current);
    await other.expect(204, 'DELETE', `/sessions/${session.id}`);
    await ended;
    following.delete(follower);
    one.close();
    other.close();
});
