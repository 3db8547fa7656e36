// Many at once: the numbers stay dense, and each sender's order is kept.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { newcomer } from './support/api.mjs';
import { sendAll } from './support/load.mjs';
import { sql } from './support/stack.mjs';

const perSender = 10;
let alice, bob, results;

/** 16 senders on each side, none of whom knows of the others, into a conversation that does not exist yet. */
before(async () => {
    [alice, bob] = [await newcomer('alice'), await newcomer('bob')];
    const senders = Array.from({ length: 32 }, (_, sender) => {
        const [from, to] = sender % 2 ? [alice, bob] : [bob, alice];
        const messages = Array.from({ length: perSender }, (__, i) => ({
            key: `s${sender}-${i}`,
            recipient: to.name,
            type: 'text',
            text: `sender ${sender}, text ${i}`,
        }));
        return sendAll(from, messages);
    });
    results = await Promise.all(senders);
});

test('every send was stored', () => {
    assert.deepEqual(
        results.flat().filter(({ status }) => status !== 201),
        [],
    );
});

test('as many numbers as messages, without a hole, and both sides read the same', async () => {
    const count = 32 * perSender;
    const forAlice = await alice.read(`/messages?with=${bob.name}&order=asc`);
    assert.deepEqual(
        forAlice.messages.map(({ seq }) => seq),
        Array.from({ length: count }, (_, i) => i + 1),
    );
    assert.equal(forAlice.total, count);
    assert.equal(new Set(forAlice.messages.map(({ text }) => text)).size, count);
    assert.deepEqual(await bob.read(`/messages?with=${alice.name}&order=asc`), forAlice);
    const times = forAlice.messages.map(({ created_at: time }) => time);
    assert.deepEqual(times, [...times].sort());
});

test('in the database, too', () => {
    const conversation = results[0][0].id.split('-')[0];
    const [[rows, lowest, highest, lastSeq]] =
        sql(`SELECT COUNT(*), MIN(seq), MAX(seq), (SELECT last_seq FROM conversations
        WHERE id = ${conversation}) FROM messages WHERE conversation_id = ${conversation}`);
    assert.deepEqual([rows, lowest, highest, lastSeq].map(Number), [32 * perSender, 1, 32 * perSender, 32 * perSender]);
});

test("each sender's messages are in the order in which they were sent", () => {
    for (const result of results) {
        const seqs = result.map(({ id }) => Number(id.split('-')[1]));
        assert.deepEqual(
            seqs,
            [...seqs].sort((a, b) => a - b),
        );
    }
});

test('two people who write to each other first, at the same moment, are in one conversation', async () => {
    for (let round = 0; round < 5; round++) {
        const [carol, dave] = [await newcomer('carol'), await newcomer('dave')];
        const ids = await Promise.all([
            carol.send({ recipient: dave.name, type: 'text', text: 'x' }),
            dave.send({ recipient: carol.name, type: 'text', text: 'y' }),
        ]);
        const [[first, a], [second, b]] = ids.map(({ id }) => id.split('-'));
        assert.equal(first, second);
        assert.deepEqual([a, b].sort(), ['1', '2']);
    }
});
