// The live channel through nginx: who may listen, what is heard by whom, and how connections end.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { assertProblem, Client, eventually, logIn, newcomer, signUp, stack, stranger } from './support/api.mjs';
import { Device, quantile } from './support/https.mjs';
import { handshake, openSocket, openStream } from './support/live.mjs';
import { mainPid } from './support/processes.mjs';
import { service, sql } from './support/stack.mjs';
import { parts, readKeys, sign } from './support/token.mjs';

const http1 = ['--http1.1'];

/** Asks for a WebSocket with curl, which shows a refusal whole; `without` leaves one header of the handshake out. */
const askForSocket = (client, { headers = [], without } = {}) =>
    client.get('/live', {
        headers: [...handshake.filter(([name]) => name !== without), ...headers],
        curl: http1,
    });

/** Asks for an event stream with curl, in order to be refused. */
const askForStream = (client, headers = []) =>
    client.get('/live', { headers: [['Accept', 'text/event-stream'], ...headers] });

/** A call that must be answered with `status`. */
async function must(status, client, method, path, json) {
    const answer = await client.call(method, path, { json });
    assert.equal(answer.status, status, `${method} ${path}\n${answer}`);
    return answer;
}

/** Fails unless the next event of each of these is this one. */
async function allHear(clients, event) {
    for (const client of clients) {
        const heard = await client.next();
        assert.deepEqual(heard.data ?? heard, event);
    }
}

let alice, bob, carol;

before(async () => {
    [alice, bob, carol] = [await newcomer('alice'), await newcomer('bob'), await newcomer('carol')];
});

describe('opening', () => {
    test('a WebSocket with a cookie or with a bearer token; on each connect, resync comes first', async () => {
        const person = await signUp('dave');
        for (const by of ['cookie', 'token']) {
            const dave = await logIn(person, by);
            for (let connect = 1; connect <= 2; connect++) {
                const socket = await openSocket(dave); // takes the resync
                assert.equal(socket.socket.extensions, '');
                assert.equal(socket.socket.protocol, '');
                socket.socket.close(1000);
                await socket.endsWith(1000);
            }
        }
    });

    test('an event stream: its head, retry, resync first; an id with messages and with nothing else', async () => {
        const heard = await openStream(bob);
        assert.match(heard.head, /^HTTP\/2 200/);
        assert.match(heard.head, /^content-type: text\/event-stream\r?$/im);
        assert.match(heard.head, /^cache-control: no-store\r?$/im);
        const message = await alice.send({ recipient: bob.name, type: 'text', text: 'a\nb: "ü", 🦊' });
        assert.deepEqual(await heard.next(), { id: message.id, data: { type: 'message', with: alice.name, message } });
        await must(204, alice, 'POST', `/conversations/${bob.name}/typing`);
        assert.deepEqual(await heard.next(), { data: { type: 'typing', with: alice.name } });
        await must(204, bob, 'PUT', `/conversations/${alice.name}/read`, { seq: message.seq });
        const read = { type: 'read', with: alice.name, reader: bob.name, seq: message.seq };
        assert.deepEqual(await heard.next(), { data: read });
    });

    test('an event stream by HTTP/1.1', async () => {
        const answer = await bob
            .get('/live', { headers: [['Accept', 'text/event-stream']], seconds: 2, curl: http1 })
            .catch(({ code, output }) => ({ code, text: output.toString() }));
        assert.equal(answer.code, 28); // curl's deadline: the stream itself has no end
        assert.match(answer.text, /^HTTP\/1\.1 200 /);
        assert.match(answer.text, /retry: 2000\n\ndata: \{"type":"resync"\}\n\n/);
    });

    describe('without a valid session: 401', () => {
        const now = Math.floor(Date.now() / 1000);
        const token = {
            none: () => undefined,
            'that is no token': () => 'x.y.z',
            'signed by somebody else': () => {
                const { header, claims } = parts(alice.sessionToken);
                return sign(header, claims, Buffer.alloc(32, 7));
            },
            'that has expired': () => {
                const { header, claims } = parts(alice.sessionToken);
                return sign(header, { ...claims, exp: now - 1 }, readKeys(stack.folder).at(-1).secret);
            },
            'of a session that was revoked': async () => {
                const person = await signUp('erin');
                const [gone, other] = [await logIn(person), await logIn(person)];
                await must(204, other, 'DELETE', `/sessions/${gone.session.id}`);
                return gone.sessionToken;
            },
            'of a session that has expired in the database': async () => {
                const expired = await newcomer('frank');
                sql(`UPDATE sessions SET expires_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND
                    WHERE id = UNHEX('${expired.session.id}')`);
                return expired.sessionToken;
            },
        };
        for (const [which, make] of Object.entries(token)) {
            test(`a token: ${which}`, async () => {
                const value = await make();
                const cookie = value === undefined ? [] : [['Cookie', `__Host-session=${value}`]];
                for (const client of [new Client({ token: value }), stranger]) {
                    const headers = client === stranger ? cookie : [];
                    for (const answer of [
                        await askForSocket(client, { headers }),
                        await askForStream(client, headers),
                    ]) {
                        assertProblem(answer, 401, 'unauthenticated');
                    }
                }
            });
        }
    });

    test('from a page of another site: 403 with a cookie; with a bearer token it may be from anywhere', async () => {
        const foreign = [
            [['Origin', 'https://evil.example']],
            [['Origin', 'null']],
            [['Origin', stack.plainUrl]],
            [['Sec-Fetch-Site', 'cross-site']],
            [
                ['Sec-Fetch-Site', 'same-site'],
                ['Origin', stack.url],
            ],
        ];
        for (const headers of foreign) {
            assertProblem(await askForSocket(alice, { headers }), 403, 'cross-origin');
            const answer = await askForStream(alice, headers);
            assertProblem(answer, 403, 'cross-origin');
        }
        (await openSocket(alice, { Origin: stack.url })).socket.close();
        (await openSocket(alice, { Origin: stack.url, 'Sec-Fetch-Site': 'same-origin' })).socket.close();
        const bearer = new Client({ token: alice.sessionToken });
        (await openSocket(bearer, { Origin: 'https://app.example' })).socket.close();
    });

    test('neither a WebSocket nor an event stream asked for: 406', async () => {
        for (const accept of ['*/*', 'application/json', 'text/*']) {
            const answer = await alice.get('/live', { headers: [['Accept', accept]] });
            assertProblem(answer, 406, 'not-acceptable');
            assert.match(answer.json().request_id, /^[0-9a-f]{32}$/, 'request_id');
        }
    });

    test('a handshake that is incomplete, or of another version: 400', async () => {
        const answers = [
            await askForSocket(alice, { without: 'Sec-WebSocket-Key' }),
            await askForSocket(alice, { without: 'Sec-WebSocket-Version' }),
            await askForSocket(alice, { without: 'Sec-WebSocket-Version', headers: [['Sec-WebSocket-Version', '8']] }),
        ];
        for (const answer of answers) {
            assertProblem(answer, 400, 'malformed-request');
            assert.match(answer.json().request_id, /^[0-9a-f]{32}$/, 'request_id');
        }
    });

    test('another method: 405', async () => {
        for (const method of ['POST', 'PUT', 'DELETE']) {
            const answer = await alice.call(method, '/live');
            assertProblem(answer, 405, 'method-not-allowed');
            assert.deepEqual(answer.header('Allow').split(/, */).sort(), ['GET', 'HEAD']);
        }
    });

    test("the hub's own address is not there for anybody", async () => {
        const id = sql(`SELECT id FROM users WHERE user_name = '${alice.name}'`)[0][0];
        for (const path of [
            '/internal/live',
            `/internal/live?user=${id}&session=${alice.session.id}`,
            '/internal',
            '/live',
            '/metrics',
        ]) {
            for (const options of [{}, { headers: handshake, curl: http1 }]) {
                assertProblem(await alice.plain('GET', path, options), 404, 'not-found');
            }
        }
    });

    test('a user has sixteen connections; the next is refused until one has gone, and others are not', async () => {
        const grace = await newcomer('grace');
        const sockets = [];
        for (let i = 0; i < 15; i++) sockets.push(await openSocket(grace));
        const last = await openStream(grace);
        const refusals = [await askForSocket(grace), await askForStream(grace)];
        for (const answer of refusals) {
            assertProblem(answer, 429, 'too-many-connections');
            assert.ok(Number(answer.header('Retry-After')) >= 1);
        }
        (await openSocket(carol)).socket.close();
        last.abandon();
        sockets.push(await eventually('room for another', 5, () => openSocket(grace).catch(() => undefined)));
        sockets.forEach(({ socket }) => socket.close());
    });
});

describe('events', () => {
    let devices, aliceLaptop, third;

    before(async () => {
        // A conversation of their own, so that the numbers are known.
        const person = await signUp('alice');
        [alice, aliceLaptop, bob] = [await logIn(person), await logIn(person, 'token'), await newcomer('bob')];
        devices = {
            alice: [await openSocket(alice), await openSocket(aliceLaptop), await openStream(aliceLaptop)],
            bob: [await openSocket(bob), await openStream(bob)],
        };
        third = [await openSocket(carol), await openStream(carol)];
    });

    after(() =>
        Object.values(devices)
            .flat()
            .concat(third)
            .forEach((client) => client.abandon()),
    );

    /** Fails unless each of the two, on every device, hears this next; `with` is the other one. */
    async function bothHear(event) {
        await allHear(devices.alice, { ...event, with: bob.name });
        await allHear(devices.bob, { ...event, with: alice.name });
    }

    test('a message of each type, whole, to both sides and to the other devices of the sender', async () => {
        const contents = [
            { type: 'text', text: 'Hello, Bob 🦊' },
            { type: 'image', url: 'https://example.org/cat.jpg', width: 640, height: 480, text: 'my cat' },
            { type: 'video', url: 'https://www.youtube.com/watch?v=dQw4w9WgXcQ', duration_s: 212 },
        ];
        for (const content of contents) {
            const message = await alice.send({ recipient: bob.name, ...content });
            await bothHear({ type: 'message', message });
        }
        const answer = await bob.send({ recipient: alice.name, type: 'text', text: 'Hello, Alice' });
        await bothHear({ type: 'message', message: answer });
        const { messages } = await bob.read(`/messages?with=${alice.name}&order=asc`);
        assert.deepEqual(messages.at(-1), answer);
    });

    test('an edit, whole', async () => {
        const { id } = await alice.send({ recipient: bob.name, type: 'text', text: 'teh' });
        await Promise.all(
            Object.values(devices)
                .flat()
                .map((device) => device.next()),
        );
        const message = (await must(200, alice, 'PATCH', `/messages/${id}`, { text: 'the' })).json();
        assert.ok(message.edited_at);
        await bothHear({ type: 'message.edited', message });
    });

    test('a deletion, without what was said', async () => {
        const { messages } = await alice.read(`/messages?with=${bob.name}&page=1&per_page=1`);
        await must(204, alice, 'DELETE', `/messages/${messages[0].id}`);
        const {
            messages: [message],
        } = await bob.read(`/messages?with=${alice.name}&page=1&per_page=1`);
        assert.deepEqual(Object.keys(message).sort(), ['deleted_at', 'id', 'recipient', 'sender', 'seq']);
        await bothHear({ type: 'message.deleted', message });
    });

    test('a read mark, once; and what was refused or changed nothing is not heard of', async () => {
        await must(204, bob, 'PUT', `/conversations/${alice.name}/read`, { seq: 2 });
        // Bob has written the fourth message, and with that has read up to there.
        const message = await alice.send({ recipient: bob.name, type: 'text', text: 'read this' });
        await bothHear({ type: 'message', message });
        await must(204, bob, 'PUT', `/conversations/${alice.name}/read`, { seq: message.seq });
        await bothHear({ type: 'read', reader: bob.name, seq: message.seq });
        await must(204, bob, 'PUT', `/conversations/${alice.name}/read`, { seq: message.seq - 1 });
        await must(403, bob, 'PATCH', `/messages/${message.id}`, { text: 'not mine' });
        await must(422, alice, 'PATCH', `/messages/${message.id}`, { text: '' });
        const last = await alice.send({ recipient: bob.name, type: 'text', text: 'and nothing between' });
        await bothHear({ type: 'message', message: last });
    });

    test('typing, to the other one alone', async () => {
        await must(204, alice, 'POST', `/conversations/${bob.name}/typing`);
        await allHear(devices.bob, { type: 'typing', with: alice.name });
        await must(204, bob, 'POST', `/conversations/${alice.name}/typing`);
        await allHear(devices.alice, { type: 'typing', with: bob.name });
    });

    test('typing is not heard across a block, from either side, and is again without it', async () => {
        for (const [blocker, blocked] of [
            [alice, bob],
            [bob, alice],
        ]) {
            await must(204, blocker, 'PUT', `/blocks/${blocked.name}`);
            await must(204, alice, 'POST', `/conversations/${bob.name}/typing`);
            await must(204, bob, 'POST', `/conversations/${alice.name}/typing`);
            await must(204, blocker, 'DELETE', `/blocks/${blocked.name}`);
            const message = await alice.send({ recipient: bob.name, type: 'text', text: 'unblocked' });
            await bothHear({ type: 'message', message });
        }
        await must(204, alice, 'POST', `/conversations/${bob.name}/typing`);
        await allHear(devices.bob, { type: 'typing', with: alice.name });
    });

    test('a third user has heard nothing of all that', async () => {
        const message = await carol.send({ recipient: bob.name, type: 'text', text: 'and me?' });
        await allHear(third, { type: 'message', with: bob.name, message });
        await allHear(devices.bob, { type: 'message', with: carol.name, message });
        await must(204, bob, 'POST', `/conversations/${alice.name}/typing`);
        await allHear(devices.alice, { type: 'typing', with: bob.name });
    });
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
