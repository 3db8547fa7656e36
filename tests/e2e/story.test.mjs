// Two people write to each other, from sign-up to reading back: what somebody does with a fresh stack.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { assertProblem, logIn, newcomer, signUp, stranger } from './support/api.mjs';

describe('alice and bob', () => {
    let alice, bob, carol, bobsToken;
    const sent = [];
    const pair = () => `between=${alice.name},${bob.name}`;
    const pageOf = (n) => `/messages?${pair()}&per_page=2&page=${n}`;

    before(async () => {
        const [alicesAccount, bobsAccount] = [await signUp('alice'), await signUp('bob', { display_name: 'Bob 🦊' })];
        alice = await logIn(alicesAccount);
        bob = await logIn(bobsAccount);
        bobsToken = await logIn(bobsAccount, 'token');
        carol = await newcomer('carol');
        sent.push(
            await alice.send({ recipient: bob.name, type: 'text', text: 'Hello, Bob' }),
            await alice.send({
                recipient: bob.name,
                type: 'image',
                url: 'https://example.org/cat.jpg',
                width: 640,
                height: 480,
                text: 'my cat',
            }),
            await alice.send({
                recipient: bob.name,
                type: 'video',
                url: 'https://www.youtube.com/watch?v=dQw4w9WgXcQ',
                duration_s: 212,
            }),
        );
    });

    test('a message comes back from the send as it will be read', () => {
        const conversation = sent[0].id.split('-')[0];
        const common = (seq) => ({ id: `${conversation}-${seq}`, seq, sender: alice.name, recipient: bob.name });
        const withoutTime = sent.map(({ created_at, ...rest }) => rest);
        assert.deepEqual(withoutTime, [
            { ...common(1), type: 'text', text: 'Hello, Bob' },
            {
                ...common(2),
                type: 'image',
                url: 'https://example.org/cat.jpg',
                width: 640,
                height: 480,
                text: 'my cat',
            },
            {
                ...common(3),
                type: 'video',
                url: 'https://www.youtube.com/watch?v=dQw4w9WgXcQ',
                duration_s: 212,
                source: 'youtube',
            },
        ]);
        for (const { created_at: time } of sent) assert.ok(Math.abs(Date.parse(time) - Date.now()) < 60_000, time);
    });

    test('bob reads three messages in two pages, newest first', async () => {
        const counts = { total: 3, pages: 2, per_page: 2, upto: 3 };
        assert.deepEqual(await bob.read(pageOf(1)), { messages: [sent[2], sent[1]], page: 1, ...counts });
        assert.deepEqual(await bob.read(pageOf(2)), { messages: [sent[0]], page: 2, ...counts });
    });

    test('a bearer token reads the same', async () => {
        assert.deepEqual(await bobsToken.read(pageOf(1)), await bob.read(pageOf(1)));
    });

    test('the sender reads the same', async () => {
        assert.deepEqual(await alice.read(pageOf(1)), await bob.read(pageOf(1)));
    });

    test('bob answers, in the same conversation', async () => {
        const reply = await bob.send({ recipient: alice.name, type: 'text', text: 'Hello, Alice' });
        assert.equal(reply.id, sent[0].id.replace(/1$/, '4'));
        assert.deepEqual((await alice.read(`/messages?with=${bob.name}`)).messages, [reply, ...[...sent].reverse()]);
    });

    test('carol gets 403', async () => {
        assertProblem(await carol.get(pageOf(1)), 403, 'not-a-participant');
    });

    test('with no session it is 401', async () => {
        assertProblem(await stranger.get(pageOf(1)), 401, 'unauthenticated');
    });

    test('one send, ten times at once under one key, stores one message', async () => {
        const message = { recipient: bob.name, type: 'text', text: 'only once' };
        const headers = [['Idempotency-Key', `story-${alice.name}`]];
        const answers = await Promise.all(
            Array.from({ length: 10 }, () => alice.post('/messages', message, { headers })),
        );
        assert.deepEqual(answers.map(({ status }) => status).sort(), [...Array(9).fill(200), 201]);
        const { messages } = await bob.read(`/messages?${pair()}`);
        assert.equal(messages.filter(({ text }) => text === 'only once').length, 1);
    });

    test('profiles', async () => {
        assert.equal((await alice.read(`/users/${bob.name}`)).display_name, 'Bob 🦊');
        assert.equal((await bob.read('/users/me')).user_name, bob.name);
        assert.equal((await alice.read('/users/me')).display_name, alice.name);
    });
});

test('health', async () => {
    assert.deepEqual((await stranger.get('/livez', { root: true })).json(), { status: 'ok' });
    assert.equal((await stranger.get('/readyz', { root: true })).json().status, 'ok');
});
