// What one does with one's account: profile, password, blocks, one's own messages, export, erasure.

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { assertInvalid, assertProblem, Client, logIn, newcomer, signUp, stranger } from './support/api.mjs';
import { four } from './support/limits.mjs';

let person, alice, bob, carol;

beforeEach(async () => {
    person = await signUp('alice', { email: 'alice@example.org' });
    [alice, bob, carol] = [await logIn(person), await newcomer('bob'), await newcomer('carol')];
});

const patch = (client, path, json) => client.call('PATCH', path, { json });
const firstOf = async (client, other) => (await client.read(`/messages?with=${other.name}&page=1`)).messages[0];

describe('the profile', () => {
    test('changes what is given, and keeps the rest', async () => {
        assert.equal((await patch(alice, '/users/me', { display_name: 'Alice L.' })).status, 200);
        const { display_name, email } = await alice.read('/users/me');
        assert.deepEqual([display_name, email], ['Alice L.', 'alice@example.org']);
        assert.equal((await bob.read(`/users/${alice.name}`)).display_name, 'Alice L.');
        await patch(alice, '/users/me', { email: null });
        assert.equal('email' in (await alice.read('/users/me')), false);
        assert.equal((await carol.read('/users/me')).display_name, carol.name, "a third one's is as it was");
    });

    test('takes 64 characters of name and 254 of address', async () => {
        const address = (length) => `${'x'.repeat(length - 12)}@example.org`;
        for (const [body, fields] of [
            [{ display_name: four.repeat(64) }, undefined],
            [{ display_name: four.repeat(65) }, { display_name: 'too_long' }],
            [{ email: address(254) }, undefined],
            [{ email: address(255) }, { email: 'too_long' }],
        ]) {
            const answer = await patch(alice, '/users/me', body);
            if (fields) assertInvalid(answer, fields);
            else assert.equal(answer.status, 200, String(answer));
        }
        assertProblem(await patch(stranger, '/users/me', { display_name: 'x' }), 401, 'unauthenticated');
    });
});

describe('the password', () => {
    const change = (client, current_password, new_password) =>
        client.put('/users/me/password', { current_password, new_password });

    test('ends the other sessions and lets the new one in', async () => {
        const other = await logIn(person);
        assert.equal((await change(alice, person.password, 'a run in the snow')).status, 204);
        assert.equal((await alice.get('/users/me')).status, 200);
        assertProblem(await other.get('/users/me'), 401, 'unauthenticated');
        const old = await stranger.post('/sessions', { user_name: person.name, password: person.password });
        assertProblem(old, 401, 'invalid-credentials');
        await logIn({ ...person, password: 'a run in the snow' });
    });

    test('ends log-ins with the old one that are under way', async () => {
        let [current, renewed] = [person.password, 'a run in the snow'];
        for (let round = 0; round < 3; round++) {
            let done = false;
            const tokens = [];
            const logInAgain = async () => {
                while (!done) {
                    const body = { user_name: person.name, password: current, token: true };
                    const answer = await stranger.post('/sessions', body);
                    if (answer.status === 201) tokens.push(answer.json().token);
                }
            };
            const changed = change(alice, current, renewed).finally(() => (done = true));
            await Promise.all([logInAgain(), logInAgain(), logInAgain(), changed]);
            assert.equal((await changed).status, 204);
            for (const token of tokens) assertProblem(await new Client({ token }).get('/users/me'), 401, 'unauthenticated');
            [current, renewed] = [renewed, current];
        }
    });

    test('changes once where two devices change it at once', async () => {
        const devices = [alice, await logIn(person)];
        const wanted = ['a run in the snow', 'a swim in the rain'];
        const answers = await Promise.all(devices.map((device, i) => change(device, person.password, wanted[i])));
        const winner = answers.findIndex(({ status }) => status === 204);
        const loser = answers[1 - winner];
        if (loser.status !== 401) assertInvalid(loser, { current_password: 'invalid' });
        assert.equal((await devices[winner].get('/users/me')).status, 200);
        assertProblem(await devices[1 - winner].get('/users/me'), 401, 'unauthenticated');
        await logIn({ ...person, password: wanted[winner] });
    });

    test('takes 8 to 256 bytes, and the current one with it', async () => {
        for (const [length, code] of [
            [7, 'too_short'],
            [257, 'too_long'],
        ]) {
            const given = 'qz'.repeat(129).slice(0, length);
            assertInvalid(await change(alice, person.password, given), { new_password: code });
        }
        assertInvalid(await change(alice, 'not the password', 'a run in the snow'), { current_password: 'invalid' });
        assertInvalid(await change(carol, person.password, 'a run in the snow'), { current_password: 'invalid' });
        assertProblem(await change(stranger, person.password, 'a run in the snow'), 401, 'unauthenticated');
        let current = person.password;
        for (const length of [8, 256]) {
            const given = 'qzwxecrv'.repeat(32).slice(0, length);
            assert.equal((await change(alice, current, given)).status, 204, `${length} bytes`);
            current = given;
        }
    });
});

describe('blocks', () => {
    const names = async (client) => (await client.read('/blocks')).blocks.map(({ user_name }) => user_name);
    const write = (client, other) => client.post('/messages', { recipient: other.name, type: 'text', text: 'x' });

    test('stop both directions, with the same words, until they are taken away', async () => {
        const [sent] = await alice.sendTexts(bob.name, 1);
        for (const _ of ['once', 'again']) assert.equal((await alice.put(`/blocks/${bob.name}`)).status, 204);
        const [byBob, byAlice] = [await write(bob, alice), await write(alice, bob)];
        for (const answer of [byBob, byAlice]) assertProblem(answer, 403, 'blocked');
        assert.equal(byBob.json().detail, byAlice.json().detail);
        assert.deepEqual(await firstOf(bob, alice), sent, 'what was written stays readable');
        assert.equal((await write(carol, alice)).status, 201, 'nobody else is meant');
        assert.deepEqual([await names(alice), await names(bob), await names(carol)], [[bob.name], [], []]);
        assert.equal((await bob.delete(`/blocks/${alice.name}`)).status, 204, "not the other one's to take away");
        assertProblem(await write(bob, alice), 403, 'blocked');
        for (const _ of ['once', 'again']) assert.equal((await alice.delete(`/blocks/${bob.name}`)).status, 204);
        assert.equal((await write(bob, alice)).status, 201);
    });

    test('are of others who exist', async () => {
        assertProblem(await alice.put('/blocks/nobody-at-all'), 404, 'user-not-found');
        assert.equal((await alice.put(`/blocks/${alice.name}`)).status, 422);
        for (const call of ['put', 'delete']) {
            assertProblem(await stranger[call](`/blocks/${bob.name}`), 401, 'unauthenticated');
        }
        assertProblem(await stranger.get('/blocks'), 401, 'unauthenticated');
    });
});

describe("one's own messages", () => {
    test('are edited by their sender, whose mark both see', async () => {
        const [sent] = await alice.sendTexts(bob.name, 1);
        const answer = await patch(alice, `/messages/${sent.id}`, { text: 'first' });
        assert.equal(answer.status, 200);
        const { edited_at, ...rest } = await firstOf(bob, alice);
        assert.deepEqual(rest, { ...sent, text: 'first' });
        assert.ok(edited_at >= sent.created_at);
    });

    test('take 1 to 4,000 characters when edited, too', async () => {
        const [{ id }] = await alice.sendTexts(bob.name, 1);
        assert.equal((await patch(alice, `/messages/${id}`, { text: four.repeat(4000) })).status, 200);
        assertInvalid(await patch(alice, `/messages/${id}`, { text: four.repeat(4001) }), { text: 'too_long' });
        assertInvalid(await patch(alice, `/messages/${id}`, { text: '' }), { text: 'too_short' });
        assert.equal((await patch(alice, `/messages/${id}`, { text: 'x' })).status, 200);
    });

    test('leave a number behind when deleted, once or twice', async () => {
        const [sent] = await alice.sendTexts(bob.name, 1);
        for (const _ of ['once', 'again']) assert.equal((await alice.delete(`/messages/${sent.id}`)).status, 204);
        const { id, seq, sender, recipient } = sent;
        const { deleted_at, ...rest } = await firstOf(bob, alice);
        assert.deepEqual(rest, { id, seq, sender, recipient });
        assert.ok(deleted_at);
    });

    test("are not the other one's, and not there for a third", async () => {
        const [sent] = await alice.sendTexts(bob.name, 1);
        const path = `/messages/${sent.id}`;
        const calls = [(client) => patch(client, path, { text: 'forged' }), (client) => client.delete(path)];
        for (const call of calls) {
            assertProblem(await call(bob), 403, 'not-the-sender');
            assertProblem(await call(carol), 404, 'not-found');
            assertProblem(await call(stranger), 401, 'unauthenticated');
        }
        assert.deepEqual(await firstOf(bob, alice), sent);
    });
});

describe('the export', () => {
    test('has all of mine and nothing of others', async () => {
        const [mine] = await alice.sendTexts(bob.name, 1);
        const [theirs] = await carol.sendTexts(bob.name, 1);
        await alice.put(`/blocks/${carol.name}`);
        // By `plain`, since the contract takes every body for a single JSON value.
        const answer = await alice.plain('GET', '/api/v1/export');
        assert.equal(answer.status, 200);
        const lines = answer.text().trimEnd().split('\n').map((line) => JSON.parse(line));
        assert.equal(lines[0].user_name, alice.name);
        assert.deepEqual(
            lines.map(({ kind }) => kind),
            ['user', 'session', 'block', 'message', 'end'],
        );
        assert.equal(lines[3].message.id, mine.id);
        assert.equal(answer.text().includes(theirs.id), false);
        assertProblem(await stranger.get('/export'), 401, 'unauthenticated');
    });
});

describe('erasing the account', () => {
    const erase = (client, password) => client.delete('/users/me', { json: { password } });

    test('wants the password, and takes only what is its own', async () => {
        const [sent] = await alice.sendTexts(bob.name, 1);
        assertInvalid(await erase(alice, 'not the password'), { password: 'invalid' });
        assertInvalid(await erase(carol, person.password), { password: 'invalid' });
        assertProblem(await erase(stranger, person.password), 401, 'unauthenticated');
        const other = await logIn(person);
        assert.equal((await erase(alice, person.password)).status, 204);
        for (const client of [alice, other]) assertProblem(await client.get('/users/me'), 401, 'unauthenticated');
        const again = { user_name: person.name, password: person.password };
        assertProblem(await stranger.post('/sessions', again), 401, 'invalid-credentials');
        assertProblem(await stranger.post('/users', again), 409, 'user-name-taken');
        assert.deepEqual(await firstOf(bob, { name: person.name }), sent, 'messages stay with those who got them');
        assert.equal((await bob.read('/conversations')).conversations[0].with.erased, true);
        assert.equal((await carol.get('/users/me')).status, 200);
    });
});
