// Parts of the stack are stopped, frozen and killed under it. Nothing that was acknowledged may be missing after.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { assertProblem, eventually, newcomer, signUp, stranger, uniqueName } from './support/api.mjs';
import { sendAll } from './support/load.mjs';
import { mainPid } from './support/processes.mjs';
import { service, workers } from './support/stack.mjs';

let alice, bob, person;

before(async () => {
    [alice, bob, person] = [await newcomer('alice'), await newcomer('bob'), await signUp('carol')];
    await alice.sendTexts(bob.name, 5);
});

const ready = async () => (await stranger.get('/readyz', { root: true }).catch(() => undefined))?.status === 200;
const history = () => alice.read(`/messages?with=${bob.name}`);

/** Texts for a sender, each with its own key. */
const letters = (count) => {
    const run = uniqueName('run');
    return Array.from({ length: count }, (_, i) => ({
        key: `${run}-${i}`,
        recipient: bob.name,
        type: 'text',
        text: `${run} ${i}`,
    }));
};

/** Every call, each of which must say 503 in the documented form, soon. */
async function assertUnavailable(seconds) {
    const calls = [
        ['GET', '/users/me'],
        ['GET', `/users/${bob.name}`],
        ['GET', '/sessions'],
        ['POST', '/messages', { recipient: bob.name, type: 'text', text: 'lost?' }],
        ['GET', `/messages?with=${bob.name}`],
        ['GET', `/messages?with=${bob.name}&page=1`],
        ['GET', '/messages?box=sent'],
        ['POST', '/sessions', { user_name: person.name, password: person.password }],
        ['POST', '/users', { user_name: uniqueName('dave'), password: 'long enough, surely' }],
    ];
    await Promise.all(
        calls.map(async ([method, path, json]) => {
            const answer = await alice.call(method, path, { json, seconds });
            assertProblem(answer, 503, 'unavailable');
            assert.ok(Number(answer.header('Retry-After')) >= 1);
            assert.doesNotMatch(answer.text(), /mysql|mariadb|sql|socket|\/run|errno/i);
        }),
    );
    assertProblem(await stranger.get('/readyz', { root: true, seconds }), 503, 'unavailable');
    assert.equal((await stranger.get('/livez', { root: true, seconds })).status, 200);
}

describe('MariaDB', () => {
    test('stopped: 503 at once; started: service again, by the same workers, and nothing is lost', async () => {
        const [before, pids] = [await history(), workers().sort()];
        service('down', 'mariadb');
        try {
            await assertUnavailable(5);
            const form = await alice.call('POST', '/messages', {
                urlencoded: [
                    ['recipient', bob.name],
                    ['type', 'text'],
                    ['text', 'x'],
                ],
            });
            assert.deepEqual([form.status, form.header('Location')], [303, '/#unavailable']);
        } finally {
            service('up', 'mariadb');
        }
        await eventually('service again', 20, ready);
        assert.deepEqual(await history(), before);
        await alice.sendTexts(bob.name, 1);
        // Each worker has lost its connection: all of them must have found a new one.
        for (let i = 0; i < 3 * pids.length; i++) assert.equal((await alice.get('/users/me')).status, 200);
        assert.deepEqual(workers().sort(), pids);
    });

    test('frozen: 503 within 15 s; thawed: service again', async (t) => {
        const before = await history();
        const pid = mainPid('mariadb');
        process.kill(pid, 'SIGSTOP');
        try {
            const started = Date.now();
            assertProblem(await alice.get('/users/me', { seconds: 15 }), 503, 'unavailable');
            t.diagnostic(`503 after ${Date.now() - started} ms`);
        } finally {
            process.kill(pid, 'SIGCONT');
        }
        await eventually('service again', 20, ready);
        assert.deepEqual(await history(), before);
    });

    test('killed under load: what was acknowledged is there, and a repeat stores the rest, once', async (t) => {
        const batches = Array.from({ length: 4 }, () => letters(100));
        const sending = Promise.all(batches.map((messages) => sendAll(alice, messages)));
        const started = (await history()).total;
        await eventually(
            'the load runs',
            10,
            async () => (await history().catch(() => ({ total: 0 }))).total > started + 20,
        );
        process.kill(mainPid('mariadb'), 'SIGKILL');
        const results = (await sending).flat();
        await eventually('service again', 30, ready);
        t.diagnostic(statusCounts(results));
        await assertExactlyOnce(batches, results);
        assert.ok(
            results.some(({ status }) => status !== 201),
            'the kill came too late to show anything',
        );
    });
});

const statusCounts = (results) =>
    [...new Set(results.map(({ status }) => status))]
        .sort()
        .map((status) => `${status}: ${results.filter((result) => result.status === status).length}`)
        .join(', ');

/** Everything acknowledged is stored, and after a repeat of all, everything is stored once. */
async function assertExactlyOnce(batches, results) {
    const messages = batches.flat();
    const stored = new Map((await history()).messages.map(({ id, text }) => [id, text]));
    results.forEach(({ id }, i) => {
        if (id !== undefined) assert.equal(stored.get(id), messages[i].text, `acknowledged as ${id}`);
    });
    for (const { status } of results) assert.ok([200, 201, 0, 503].includes(status), `status ${status}`);
    const repeats = (await Promise.all(batches.map((batch) => sendAll(alice, batch)))).flat();
    assert.deepEqual(
        repeats.filter(({ status }) => ![200, 201].includes(status)),
        [],
    );
    repeats.forEach(({ id }, i) =>
        assert.ok(results[i].id === undefined || results[i].id === id, 'another number for the same message'),
    );
    const texts = (await history()).messages.map(({ text }) => text);
    for (const { text } of messages) assert.equal(texts.filter((other) => other === text).length, 1, text);
    const { messages: all, total } = await history();
    assert.deepEqual(
        all.map(({ seq }) => seq),
        Array.from({ length: total }, (_, i) => total - i),
    );
}

describe('a worker', () => {
    const gone = (pid) => {
        try {
            process.kill(pid, 0);
            return false;
        } catch {
            return true;
        }
    };

    test('idle, told to stop: gone within 0.2 s, and another takes its place', async () => {
        const [pid, count] = [workers()[0], workers().length];
        const started = Date.now();
        process.kill(pid, 'SIGTERM');
        while (!gone(pid)) assert.ok(Date.now() - started < 200, 'still there after 0.2 s');
        await eventually('as many workers as before', 5, () => workers().length === count && !workers().includes(pid));
        assert.equal((await alice.get('/users/me')).status, 200);
    });

    /** Sends while workers get `signal`, one after the other, until the senders are done. */
    async function sendUnder(signal) {
        const batches = Array.from({ length: 4 }, () => letters(100));
        let done = false;
        const sending = Promise.all(batches.map((messages) => sendAll(alice, messages))).finally(() => {
            done = true;
        });
        let signals = 0;
        while (!done) {
            const pids = workers();
            const pid = pids[signals % Math.max(pids.length, 1)];
            if (pid !== undefined && !gone(pid)) process.kill(pid, signal);
            signals++;
            await new Promise((resolve) => setTimeout(resolve, 20));
        }
        assert.ok(signals > 5, 'the load was over too soon to show anything');
        return [batches, (await sending).flat()];
    }

    test('SIGTERM under load: every request is answered as ever', async () => {
        const [batches, results] = await sendUnder('SIGTERM');
        assert.deepEqual(
            results.filter(({ status }) => status !== 201),
            [],
        );
        await assertExactlyOnce(batches, results);
    });

    test('SIGKILL under load: what was acknowledged is there, and a repeat stores the rest, once', async (t) => {
        const [batches, results] = await sendUnder('SIGKILL');
        t.diagnostic(statusCounts(results));
        await eventually('service again', 20, ready);
        await assertExactlyOnce(batches, results);
    });
});

test('nginx killed: service again within seconds', async () => {
    const killed = mainPid('nginx');
    process.kill(killed, 'SIGKILL');
    // Its workers outlive it by a moment, and still answer.
    await eventually('service again', 5, async () => ![killed, undefined].includes(mainPid('nginx')) && (await ready()));
    assert.equal((await alice.get('/users/me')).status, 200);
});
