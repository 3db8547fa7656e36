// The inbox, read marks and typing, from both sides and from a third one.

import assert from 'node:assert/strict';
import { before, beforeEach, describe, test } from 'node:test';
import { assertInvalid, assertProblem, newcomer, stranger } from './support/api.mjs';

let alice, bob, carol;

before(async () => {
    carol = await newcomer('carol');
});

beforeEach(async () => {
    [alice, bob] = [await newcomer('alice'), await newcomer('bob')];
});

/** The only conversation in the inbox. */
async function only(client) {
    const { conversations } = await client.read('/conversations');
    assert.equal(conversations.length, 1);
    return conversations[0];
}

const isEmpty = async (client) => assert.deepEqual(await client.read('/conversations'), { conversations: [] });

describe('the inbox', () => {
    test('shows the other one, the newest message and what is unread', async () => {
        const sent = await alice.sendTexts(bob.name, 3);
        const ofBob = await only(bob);
        assert.equal(ofBob.with.user_name, alice.name);
        assert.deepEqual(ofBob.last_message, sent[2]);
        assert.deepEqual([ofBob.last_seq, ofBob.unread, ofBob.my_read_seq, ofBob.their_read_seq], [3, 3, 0, 3]);
        assert.equal(ofBob.last_at, sent[2].created_at);
        const ofAlice = await only(alice);
        assert.equal(ofAlice.with.user_name, bob.name);
        assert.deepEqual([ofAlice.unread, ofAlice.my_read_seq, ofAlice.their_read_seq], [0, 3, 0]);
        await isEmpty(carol);
    });

    test('is empty for a newcomer and closed to a stranger', async () => {
        await isEmpty(alice);
        assertProblem(await stranger.get('/conversations'), 401, 'unauthenticated');
    });

    test('is newest first, in pages that neither repeat nor miss', async () => {
        const others = [await newcomer('one'), await newcomer('two'), bob];
        for (const other of others) await other.sendTexts(alice.name, 1);
        const seen = [];
        let next;
        do {
            const before = next ? `&before=${encodeURIComponent(next)}` : '';
            const page = await alice.read(`/conversations?per_page=1${before}`);
            assert.equal(page.conversations.length, 1);
            seen.push(page.conversations[0].with.user_name);
            next = page.next;
        } while (next);
        assert.deepEqual(seen, others.map(({ name }) => name).reverse());
        await others[0].sendTexts(alice.name, 1);
        const { conversations } = await alice.read('/conversations');
        assert.equal(conversations[0].with.user_name, others[0].name, 'who has just written stands first');
    });

    test('takes 1 to 200 a page', async () => {
        for (const count of [1, 200]) assert.equal((await alice.get(`/conversations?per_page=${count}`)).status, 200);
        for (const count of [0, 201]) {
            assertInvalid(await alice.get(`/conversations?per_page=${count}`), { per_page: 'out_of_range' });
        }
        assertInvalid(await alice.get('/conversations?before=nonsense'), { before: 'invalid' });
    });

    test('is a 304 until something in it changes', async () => {
        await alice.sendTexts(bob.name, 1);
        const ask = (etag) => bob.get('/conversations', { headers: [['If-None-Match', etag]] });
        let etag = (await bob.get('/conversations')).header('ETag');
        const changes = {
            'a message': () => alice.sendTexts(bob.name, 1),
            'my read mark': () => bob.put(`/conversations/${alice.name}/read`, { seq: 2 }),
            'an edit': async () => {
                const { id } = (await only(alice)).last_message;
                await alice.call('PATCH', `/messages/${id}`, { json: { text: 'other' } });
            },
        };
        for (const [what, change] of Object.entries(changes)) {
            assert.equal((await ask(etag)).status, 304, `before ${what}`);
            await change();
            const answer = await ask(etag);
            assert.equal(answer.status, 200, `after ${what}`);
            etag = answer.header('ETag');
        }
        const ofAlice = (await alice.get('/conversations')).header('ETag');
        assert.equal((await carol.get('/conversations', { headers: [['If-None-Match', ofAlice]] })).status, 200);
    });
});

describe('a read mark', () => {
    const mark = (client, other, seq) => client.put(`/conversations/${other.name}/read`, { seq });

    test('moves forwards only, and no further than the newest message', async () => {
        await alice.sendTexts(bob.name, 3);
        for (const [seq, unread] of [
            [2, 1],
            [1, 1],
            [3, 0],
            [4_000_000, 0],
        ]) {
            assert.equal((await mark(bob, alice, seq)).status, 204);
            const { unread: left, my_read_seq } = await only(bob);
            assert.deepEqual([left, my_read_seq], [unread, 3 - unread], `after ${seq}`);
            assert.equal((await only(alice)).their_read_seq, 3 - unread);
        }
    });

    test('is set by sending, too', async () => {
        await alice.sendTexts(bob.name, 2);
        await bob.sendTexts(alice.name, 1);
        assert.deepEqual([(await only(bob)).unread, (await only(alice)).unread], [0, 1]);
    });

    test('takes a whole number, none below zero', async () => {
        await alice.sendTexts(bob.name, 1);
        for (const seq of [-1, 1.5, '1', null]) assert.equal((await mark(bob, alice, seq)).status, 422, String(seq));
        assertInvalid(await bob.put(`/conversations/${alice.name}/read`, {}), { seq: 'required' });
        assert.equal((await only(bob)).my_read_seq, 0);
    });

    test("is nobody else's to move", async () => {
        await alice.sendTexts(bob.name, 1);
        assertProblem(await mark(carol, bob, 1), 404, 'not-found');
        assertProblem(await mark(carol, { name: 'nobody-at-all' }, 1), 404, 'user-not-found');
        assertProblem(await mark(stranger, bob, 1), 401, 'unauthenticated');
        assert.equal((await only(bob)).unread, 1);
    });
});

describe('typing', () => {
    const type = (client, other) => client.post(`/conversations/${other.name}/typing`);

    test('is 204 for the two, and stores nothing', async () => {
        await alice.sendTexts(bob.name, 1);
        const inbox = await alice.read('/conversations');
        for (const [who, whom] of [[alice, bob], [bob, alice]]) assert.equal((await type(who, whom)).status, 204);
        assert.deepEqual(await alice.read('/conversations'), inbox);
    });

    test('is 404 where there is no conversation, and 401 without a session', async () => {
        assertProblem(await type(carol, alice), 404, 'not-found');
        assertProblem(await type(carol, { name: 'nobody-at-all' }), 404, 'user-not-found');
        assertProblem(await type(stranger, alice), 401, 'unauthenticated');
    });
});
