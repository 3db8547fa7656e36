// Who asks for a password learns nothing about who has an account: neither from words and status nor from the time
// that it takes.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { logIn, signUp, stack, stranger, uniqueName } from './support/api.mjs';
import { Device, quantile } from './support/https.mjs';

const rounds = 30;
const password = 'not it, surely, nor anybody else’s';
const device = new Device({ url: stack.url, ca: readFileSync(stack.ca), connections: 1 });
let counter = 0;
const nobody = () => `${uniqueName('nobody')}-${counter++}`;
let known, erased;

before(async () => {
    known = (await signUp('known')).name;
    const leaving = await signUp('erased');
    const client = await logIn(leaving);
    assert.equal((await client.delete('/users/me', { json: { password: leaving.password } })).status, 204);
    erased = leaving.name;
});

after(() => device.close());

const logInAs = (name) => stranger.post('/sessions', { user_name: name, password });

test('log-in: the same answer, but for its id and its date', async () => {
    const told = (answer) => {
        const { request_id: _, ...problem } = answer.json();
        const headers = [...answer.headers].filter(([name]) => name !== 'date');
        return { status: answer.status, problem, headers };
    };
    const expected = told(await logInAs(nobody()));
    assert.equal(expected.status, 401);
    for (const name of [known, known.toUpperCase(), erased]) assert.deepEqual(told(await logInAs(name)), expected);
});

test('log-in by a form: the same page', async () => {
    for (const user_name of [known, erased, nobody()]) {
        const answer = await stranger.call('POST', '/sessions', {
            urlencoded: Object.entries({ user_name, password }),
        });
        assert.equal(answer.status, 303);
        assert.equal(answer.header('Location'), '/#invalid-credentials');
    }
});

/**
 * Times of kinds of calls, taken in turn; the order changes from round to round. What else runs on the machine only
 * adds to them, so the lower quartile.
 */
async function measure(kinds, call, status) {
    const names = Object.keys(kinds);
    const times = Object.fromEntries(names.map((name) => [name, []]));
    for (let round = -2; round < rounds; round++) {
        for (let i = 0; i < names.length; i++) {
            const name = names[(i + round + names.length) % names.length];
            const start = performance.now();
            const answer = await call(kinds[name]());
            const ms = performance.now() - start;
            assert.equal(answer.status, status, JSON.stringify(answer.json));
            if (round >= 0) times[name].push(ms); // the first ones warm up
        }
    }
    return Object.fromEntries(names.map((name) => [name, quantile(times[name], 0.25)]));
}

/**
 * Fails unless the longest of the times is at most 30 % above the shortest: a hash more or less doubles it, or leaves
 * next to nothing.
 */
function assertAlike(t, times) {
    const shown = Object.entries(times).map(([name, ms]) => `${name} ${ms.toFixed(2)} ms`);
    t.diagnostic(shown.join(', '));
    const values = Object.values(times);
    assert.ok(Math.max(...values) < 1.3 * Math.min(...values), shown.join(', '));
}

test('log-in: the same time', async (t) => {
    const kinds = {
        known: () => known,
        'known, but in capitals': () => known.toUpperCase(),
        erased: () => erased,
        nobody,
        'no name at all': () => 'ä',
    };
    assertAlike(
        t,
        await measure(kinds, (name) => device.call('POST', '/sessions', { json: { user_name: name, password } }), 401),
    );
});

// That a name is taken is what sign-up has to say. An e-mail address is nobody's name, and nothing is said of it.
test("sign-up: somebody else's e-mail address is an address like any other", async (t) => {
    const { email } = await signUp('owner', { email: `${uniqueName('owner')}@example.org` });
    const kinds = { known: () => email, nobody: () => `${nobody()}@example.org` };
    const signUpWith = (address) =>
        device.call('POST', '/users', {
            json: { user_name: nobody(), password: 'long enough, surely', email: address },
        });
    assertAlike(t, await measure(kinds, signUpWith, 201));
});
