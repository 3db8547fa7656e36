// The live channel through nginx: how connections end, and what clients do after.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { assertProblem, Client, eventually, logIn, newcomer, signUp, stack } from './support/api.mjs';
import { Device, quantile } from './support/https.mjs';
import { allHear, askForSocket, askForStream, must, openSocket, openStream } from './support/live.mjs';
import { mainPid } from './support/processes.mjs';
import { service } from './support/stack.mjs';

let alice, bob, carol;

before(async () => {
    [alice, bob, carol] = [await newcomer('alice'), await newcomer('bob'), await newcomer('carol')];
});

describe('a client that sends', () => {
    const cases = [
        ['text', 1003, (socket) => socket.send('{"type":"typing"}')],
        ['bytes', 1003, (socket) => socket.send(Buffer.alloc(512))],
        ['an empty message', 1003, (socket) => socket.send('')],
        ['a byte more than may be', 1009, (socket) => socket.send(Buffer.alloc(513))],
    ];
    for (const [what, code, send] of cases) {
        test(`${what}: closed with ${code}, and the user's other connection stays`, async () => {
            const [culprit, other] = [await openSocket(carol), await openSocket(carol)];
            send(culprit.socket);
            await culprit.endsWith(code);
            const message = await bob.send({ recipient: carol.name, type: 'text', text: 'still there?' });
            await allHear([other], { type: 'message', with: bob.name, message });
            other.socket.close();
        });
    }

    test('far more than may be: closed, though the close frame may be lost under what is still coming', async () => {
        const [culprit, other] = [await openSocket(carol), await openSocket(carol)];
        culprit.socket.on('error', () => {});
        culprit.socket.send(Buffer.alloc(16 << 20));
        const { code } = await culprit.ended;
        assert.ok([1006, 1009].includes(code), String(code));
        const message = await bob.send({ recipient: carol.name, type: 'text', text: 'still there?' });
        await allHear([other], { type: 'message', with: bob.name, message });
        other.socket.close();
    });

    test('a ping gets its pong', async () => {
        const { socket } = await openSocket(carol);
        const pong = new Promise((resolve) => socket.once('pong', resolve));
        socket.ping('are you there');
        assert.equal(String(await pong), 'are you there');
        socket.close();
    });
});

describe('a session that ends takes its connections with it, within a second', () => {
    const sessionEnded = 4401;
    let person, here, there, ours, theirs, witness;

    /** Two devices of one user, with a connection of each kind; the witness is somebody else. */
    async function connectAll() {
        person = await signUp('heidi');
        [here, there] = [await logIn(person), await logIn(person)];
        [ours, theirs] = [
            [await openSocket(here), await openStream(here)],
            [await openSocket(there), await openStream(there)],
        ];
        witness = await openSocket(carol);
    }

    async function endWithinASecond([socket, eventStream], started) {
        const ends = [await socket.endsWith(sessionEnded), await eventStream.endsWith(0)];
        for (const { at } of ends) assert.ok(at - started < 1000, `after ${Math.round(at - started)} ms`);
    }

    /** Fails unless these are open still: they hear a message to their user. */
    async function stayOpen(clients) {
        const message = await carol.send({ recipient: person.name, type: 'text', text: 'still there?' });
        await allHear(clients, { type: 'message', with: carol.name, message });
        await allHear([witness], { type: 'message', with: person.name, message });
    }

    async function areRefused(client) {
        assertProblem(await askForSocket(client), 401, 'unauthenticated');
        assertProblem(await askForStream(client), 401, 'unauthenticated');
    }

    test('revoked from another device', async () => {
        await connectAll();
        const started = performance.now();
        await must(204, here, 'DELETE', `/sessions/${there.session.id}`);
        await endWithinASecond(theirs, started);
        await stayOpen(ours);
        await areRefused(there);
    });

    test('logged out', async () => {
        await connectAll();
        const token = new Client({ token: there.sessionToken });
        const started = performance.now();
        await must(204, there, 'DELETE', '/sessions/current');
        await endWithinASecond(theirs, started);
        await stayOpen(ours);
        await areRefused(token);
    });

    test('a new password: the others end, the one that set it stays', async () => {
        await connectAll();
        const started = performance.now();
        const passwords = { current_password: person.password, new_password: `new ${person.password}` };
        await must(204, here, 'PUT', '/users/me/password', passwords);
        await endWithinASecond(theirs, started);
        await stayOpen(ours);
        await areRefused(there);
        (await openSocket(here)).socket.close();
    });

    test('an erased user', async () => {
        await connectAll();
        const started = performance.now();
        await must(204, here, 'DELETE', '/users/me', { password: person.password });
        await endWithinASecond(ours, started);
        await endWithinASecond(theirs, started);
        const message = await bob.send({ recipient: carol.name, type: 'text', text: 'still there?' });
        await allHear([witness], { type: 'message', with: bob.name, message });
        await areRefused(there);
    });
});

describe('the hub', () => {
    let device;

    before(async () => {
        [alice, bob] = [await newcomer('alice'), await newcomer('bob')];
        device = new Device({ url: stack.url, ca: readFileSync(stack.ca), token: alice.sessionToken });
    });
    after(() => device.close());

    /** Sends so many messages one after the other; resolves to them and to the median time of an answer, in ms. */
    async function timedSends(count) {
        const [messages, times] = [[], []];
        for (let i = 0; i < count; i++) {
            const started = performance.now();
            const json = { recipient: bob.name, type: 'text', text: `timed ${i}` };
            const answer = await device.call('POST', '/messages', { json });
            times.push(performance.now() - started);
            assert.equal(answer.status, 201, JSON.stringify(answer.json));
            messages.push(answer.json);
        }
        return { messages, median: quantile(times, 0.5) };
    }

    const reopened = (open, client) => eventually('the hub again', 10, () => open(client).catch(() => undefined));

    test('stopped: 1012, and after a reconnect a resync and events again', async () => {
        const [socket, eventStream] = [await openSocket(bob), await openStream(bob)];
        process.kill(mainPid('hub'), 'SIGTERM');
        await Promise.all([socket.endsWith(1012), eventStream.endsWith(0)]);
        const again = [await reopened(openSocket, bob), await reopened(openStream, bob)];
        const message = await alice.send({ recipient: bob.name, type: 'text', text: 'back' });
        await allHear(again, { type: 'message', with: alice.name, message });
        again.forEach((client) => client.abandon());
    });

    test('killed: connections end, sends go on as fast, and after a reconnect nothing is missing', async (t) => {
        const [socket, eventStream] = [await openSocket(bob), await openStream(bob)];
        const {
            messages: [first],
            median: usual,
        } = await timedSends(100);
        service('once', 'hub'); // so that it stays away until told otherwise
        process.kill(mainPid('hub'), 'SIGKILL');
        const ends = await Promise.all([socket.endsWith(1006), eventStream.ended]);
        assert.notEqual(ends[1].code, undefined);
        try {
            const { messages, median } = await timedSends(100);
            t.diagnostic(`median of a send: ${usual.toFixed(1)} ms with the hub, ${median.toFixed(1)} ms without`);
            assert.ok(median < 3 * usual + 10, `${median} ms without the hub, ${usual} ms with it`);
            for (const answer of [await askForSocket(bob), await askForStream(bob)]) {
                assertProblem(answer, 503, 'unavailable');
                assert.ok(Number(answer.header('Retry-After')) >= 1);
            }
            service('up', 'hub');
            const again = [await reopened(openSocket, bob), await reopened(openStream, bob)]; // each took a resync
            const missed = await bob.read(`/messages?with=${alice.name}&after=${first.seq + 99}&per_page=200`);
            assert.deepEqual(missed.messages, messages);
            const message = await alice.send({ recipient: bob.name, type: 'text', text: 'back' });
            for (const client of again) {
                // A worker that had to drop events says so as soon as it finds the hub, which may be after the connect.
                let event = await client.next();
                while ((event.data ?? event).type === 'resync') event = await client.next();
                assert.deepEqual(event.data ?? event, { type: 'message', with: alice.name, message });
                client.abandon();
            }
        } finally {
            service('up', 'hub');
        }
    });

    test('frozen: sends go on as fast, and when it moves again the events are there', async (t) => {
        const socket = await openSocket(bob);
        const pid = mainPid('hub');
        const { messages: before, median: usual } = await timedSends(50);
        await allHear([socket], { type: 'message', with: alice.name, message: before[0] });
        for (let i = 1; i < before.length; i++) await socket.next();
        process.kill(pid, 'SIGSTOP');
        let frozen;
        try {
            frozen = await timedSends(50);
        } finally {
            process.kill(pid, 'SIGCONT');
        }
        t.diagnostic(
            `median of a send: ${usual.toFixed(1)} ms, ${frozen.median.toFixed(1)} ms while the hub is frozen`,
        );
        assert.ok(frozen.median < 3 * usual + 10, `${frozen.median} ms while frozen, ${usual} ms before`);
        const heard = [];
        while (heard.length < frozen.messages.length) heard.push((await socket.next()).message);
        // Workers are read one after the other, so the order is not that of the numbers.
        assert.deepEqual(
            heard.sort((a, b) => a.seq - b.seq),
            frozen.messages,
        );
        socket.abandon();
    });
});
