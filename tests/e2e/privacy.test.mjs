// A third user learns nothing: no text, no name, no count, and not whether there is anything to learn.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { assertProblem, newcomer, stranger, uniqueName } from './support/api.mjs';

let alice, bob, carol, secret;

before(async () => {
    [alice, bob, carol] = [await newcomer('alice'), await newcomer('bob'), await newcomer('carol')];
    secret = uniqueName('secret');
    await alice.send({ recipient: bob.name, type: 'text', text: secret });
    await bob.send({
        recipient: alice.name,
        type: 'image',
        url: `https://example.org/${secret}.png`,
        width: 1,
        height: 1,
    });
});

/** The answer without what differs from request to request. */
function essence(answer) {
    const { request_id: _, ...problem } = answer.json();
    const headers = [...answer.headers].filter(([name]) => !['date', 'content-length'].includes(name));
    return { status: answer.status, problem, headers };
}

describe('the conversation of two others', () => {
    const forms = ['', '&page=1', '&per_page=1&page=2', '&upto=1', '&before=2', '&after=0', '&order=asc'];
    for (const form of forms) {
        test(`between=…${form} is 403 and says nothing`, async () => {
            const answer = await carol.get(`/messages?between=${alice.name},${bob.name}${form}`);
            assertProblem(answer, 403, 'not-a-participant');
            for (const word of [secret, alice.name, bob.name]) assert.equal(String(answer).includes(word), false, word);
            for (const name of ['ETag', 'Link']) assert.equal(answer.header(name), undefined, name);
        });

        test(`between=…${form} is the same for users who don't exist`, async () => {
            const real = await carol.get(`/messages?between=${alice.name},${bob.name}${form}`);
            for (const pair of [
                `${alice.name},nobody-at-all`,
                'nobody-at-all,nobody-else',
                `${bob.name},${alice.name}`,
            ]) {
                assert.deepEqual(essence(await carol.get(`/messages?between=${pair}${form}`)), essence(real), pair);
            }
        });
    }

    test("an ETag of theirs doesn't open it either", async () => {
        const etag = (await alice.get(`/messages?with=${bob.name}&page=1`)).header('ETag');
        const headers = [['If-None-Match', etag]];
        assertProblem(
            await carol.get(`/messages?between=${alice.name},${bob.name}&page=1`, { headers }),
            403,
            'not-a-participant',
        );
        assert.equal(
            (await carol.get(`/messages?with=${bob.name}&page=1`, { headers })).status,
            200,
            'their own is empty, and not theirs',
        );
    });
});

describe('what the third user does see', () => {
    test('an empty conversation with each of them', async () => {
        for (const other of [alice, bob]) {
            assert.deepEqual(await carol.read(`/messages?with=${other.name}`), { messages: [], total: 0 });
            assert.deepEqual(await carol.read(`/messages?with=${other.name}&after=0`), { messages: [], total: 0 });
            const { messages, total, pages } = await carol.read(`/messages?with=${other.name}&page=1`);
            assert.deepEqual({ messages, total, pages }, { messages: [], total: 0, pages: 0 });
        }
    });

    test('empty boxes', async () => {
        for (const box of ['sent', 'received'])
            assert.deepEqual(await carol.read(`/messages?box=${box}`), { messages: [] });
    });

    test('a profile without the e-mail address', async () => {
        const dave = await newcomer('dave', { email: 'dave@example.org' });
        assert.equal((await dave.read('/users/me')).email, 'dave@example.org');
        assert.equal('email' in (await carol.read(`/users/${dave.name}`)), false);
    });

    test('only their own sessions', async () => {
        assert.deepEqual(
            (await carol.read('/sessions')).sessions.map(({ id }) => id),
            [carol.session.id],
        );
    });

    test('a cursor of somebody else shows only what is their own', async () => {
        const cursor = (await alice.read('/messages?box=received&per_page=1')).next ?? 'none';
        const answer = await carol.get(`/messages?box=received&before=${encodeURIComponent(cursor)}`);
        if (answer.status === 200) assert.deepEqual(answer.json().messages, []);
        else assert.equal(answer.status, 422);
    });
});

test('a message in another name is refused and not stored', async () => {
    const before = await alice.read(`/messages?with=${bob.name}`);
    const answer = await carol.post('/messages', {
        sender: alice.name,
        recipient: bob.name,
        type: 'text',
        text: 'forged',
    });
    assertProblem(answer, 403, 'sender-not-caller');
    assert.deepEqual(await alice.read(`/messages?with=${bob.name}`), before);
});

test('with no session everything is the same 401', async () => {
    const real = await stranger.get(`/messages?between=${alice.name},${bob.name}`);
    for (const path of [
        '/messages?between=nobody-at-all,nobody-else',
        `/users/${alice.name}`,
        '/users/nobody-at-all',
        '/messages?box=sent',
    ]) {
        assert.deepEqual(essence(await stranger.get(path)), essence(real), path);
    }
});
