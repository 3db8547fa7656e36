// The live channel through nginx: who may listen, and what is heard by whom.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assertProblem, Client, eventually, logIn, newcomer, signUp, stack, stranger } from './support/api.mjs';
import { allHear, askForSocket, askForStream, handshake, must, openSocket, openStream } from './support/live.mjs';
import { sql } from './support/stack.mjs';
import { parts, readKeys, sign } from './support/token.mjs';

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
            .get('/live', { headers: [['Accept', 'text/event-stream']], seconds: 2, curl: ['--http1.1'] })
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

    test('HEAD is the start of an event stream, for whoever has a session', async () => {
        const answer = await alice.call('HEAD', '/live');
        assert.deepEqual([answer.status, answer.header('Content-Type')], [200, 'text/event-stream']);
        assert.equal((await stranger.call('HEAD', '/live')).status, 401);
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
            for (const options of [{}, { headers: handshake, curl: ['--http1.1'] }]) {
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
