// Exactly once: what is repeated under one key is stored once.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { assertProblem, logIn, newcomer, signUp, uniqueName } from './support/api.mjs';

let person, alice, bob, carol;
const withKey = (key) => ({ headers: [['Idempotency-Key', key]] });
const text = (more) => ({ recipient: bob.name, type: 'text', text: 'hello', ...more });
const total = async () => (await alice.read(`/messages?with=${bob.name}&page=1`)).total;

before(async () => {
    person = await signUp('alice');
    [alice, bob, carol] = [await logIn(person), await newcomer('bob'), await newcomer('carol')];
});

test('the second answer is the first again, with 200 and the header that says so', async () => {
    const key = uniqueName('k');
    const first = await alice.post('/messages', text(), withKey(key));
    assert.equal(first.status, 201);
    assert.equal(first.header('Idempotency-Replayed'), undefined);
    for (let i = 0; i < 3; i++) {
        const again = await alice.post('/messages', text(), withKey(key));
        assert.equal(again.status, 200);
        assert.equal(again.header('Idempotency-Replayed'), 'true');
        assert.deepEqual(again.json(), first.json());
        assert.equal(again.header('Location'), first.header('Location'));
    }
});

test('ten at once store one message, and all get it', async () => {
    const key = uniqueName('k');
    const before = await total();
    const answers = await Promise.all(
        Array.from({ length: 10 }, () => alice.post('/messages', text({ text: key }), withKey(key))),
    );
    assert.deepEqual(answers.map(({ status }) => status).sort(), [...Array(9).fill(200), 201]);
    assert.equal(new Set(answers.map((answer) => answer.json().id)).size, 1);
    assert.equal(await total(), before + 1);
});

test('ten at once as the first message of a conversation', async () => {
    const [dave, erin] = [await newcomer('dave'), await newcomer('erin')];
    const message = { recipient: erin.name, type: 'text', text: 'first' };
    const answers = await Promise.all(
        Array.from({ length: 10 }, () => dave.post('/messages', message, withKey('first'))),
    );
    assert.deepEqual(answers.map(({ status }) => status).sort(), [...Array(9).fill(200), 201]);
    const { messages, total: count } = await erin.read(`/messages?with=${dave.name}`);
    assert.deepEqual([messages.length, count, messages[0].seq], [1, 1, 1]);
});

describe('the same key for other content is refused, and stores nothing', () => {
    const image = (more) => ({
        recipient: bob.name,
        type: 'image',
        url: 'https://example.org/a.png',
        width: 2,
        height: 3,
        ...more,
    });
    const table = [
        ['another text', () => text(), () => text({ text: 'hello ' })],
        ['another recipient', () => text(), () => text({ recipient: carol.name })],
        ['another type', () => text(), () => image()],
        ['another url', () => image(), () => image({ url: 'https://example.org/b.png' })],
        ['width and height exchanged', () => image(), () => image({ width: 3, height: 2 })],
        ['a caption', () => image(), () => image({ text: 'x' })],
        ['another normalisation of the text', () => text({ text: 'é' }), () => text({ text: 'e\u0301' })],
        ['another case', () => text({ text: 'a' }), () => text({ text: 'A' })],
        ['a blank at the end', () => text({ text: 'a' }), () => text({ text: 'a ' })],
    ];
    for (const [name, first, second] of table) {
        test(name, async () => {
            const key = uniqueName('k');
            assert.equal((await alice.post('/messages', first(), withKey(key))).status, 201);
            const before = [await total(), (await carol.read('/messages?box=received')).messages.length];
            assertProblem(await alice.post('/messages', second(), withKey(key)), 422, 'idempotency-key-reuse');
            assert.deepEqual([await total(), (await carol.read('/messages?box=received')).messages.length], before);
            assert.equal((await alice.post('/messages', first(), withKey(key))).status, 200);
        });
    }
});

test('the same content said in another way is the same', async () => {
    const key = uniqueName('k');
    const first = await alice.post('/messages', text(), withKey(key));
    const names = `"sender": "${alice.name}", "recipient": "${bob.name.toUpperCase()}"`;
    const raw = `{ "text": "h\\u0065llo", "type": "text", ${names} }`;
    const again = await alice.call('POST', '/messages', {
        raw,
        headers: [
            ['Content-Type', 'application/json'],
            ['Idempotency-Key', key],
        ],
    });
    assert.equal(again.status, 200, String(again));
    assert.deepEqual(again.json(), first.json());
});

test('keys belong to their user', async () => {
    const key = uniqueName('k');
    assert.equal((await alice.post('/messages', text(), withKey(key))).status, 201);
    assert.equal((await carol.post('/messages', text(), withKey(key))).status, 201);
});

test('keys are of the user, not of the session', async () => {
    const key = uniqueName('k');
    const phone = await logIn(person, 'token');
    assert.equal((await alice.post('/messages', text(), withKey(key))).status, 201);
    assert.equal((await phone.post('/messages', text(), withKey(key))).status, 200);
});

test('keys differ by case', async () => {
    const key = uniqueName('k');
    assert.equal((await alice.post('/messages', text(), withKey(key))).status, 201);
    assert.equal((await alice.post('/messages', text(), withKey(key.toUpperCase()))).status, 201);
});

test('a send that was refused does not use its key up', async () => {
    const key = uniqueName('k');
    assert.equal((await alice.post('/messages', text({ text: '' }), withKey(key))).status, 422);
    assert.equal((await alice.post('/messages', text({ recipient: 'nobody-at-all' }), withKey(key))).status, 404);
    assert.equal((await alice.post('/messages', text(), withKey(key))).status, 201);
});

test('without a key each send is a message of its own', async () => {
    const before = await total();
    await Promise.all([alice.send(text()), alice.send(text())]);
    assert.equal(await total(), before + 2);
});
