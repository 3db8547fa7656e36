// Every limit of accounts and sessions, and of requests as such, on both sides.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { assertInvalid, logIn, newcomer, stranger, uniqueName } from './support/api.mjs';
import { check, four, letters } from './support/limits.mjs';

const longEmail = (length) => `${letters(length - 4)}@a.b`;
/** 32 characters, the longest user name. */
const longName = () => uniqueName('n').padEnd(32, 'n');

let alice;

before(async () => {
    alice = await newcomer('alice');
});

describe('POST /users', () => {
    const base = () => ({ user_name: uniqueName('limits'), password: 'long enough, surely' });
    const table = [
        ['user_name: 32 characters', () => ({ ...base(), user_name: longName() }), 201],
        ['user_name: 33 characters', () => ({ ...base(), user_name: `${longName()}n` }), { user_name: 'too_long' }],
        ['user_name: empty', () => ({ ...base(), user_name: '' }), { user_name: 'too_short' }],
        ['user_name: every kind of character', () => ({ ...base(), user_name: uniqueName('a_b.c-9') }), 201],
        ['user_name: capitals', () => ({ ...base(), user_name: uniqueName('CAPITALS') }), 201],
        ['user_name: a space', () => ({ ...base(), user_name: 'a b' }), { user_name: 'invalid' }],
        ['user_name: a slash', () => ({ ...base(), user_name: 'a/b' }), { user_name: 'invalid' }],
        ['user_name: a comma', () => ({ ...base(), user_name: 'a,b' }), { user_name: 'invalid' }],
        ['user_name: not ASCII', () => ({ ...base(), user_name: 'älice' }), { user_name: 'invalid' }],
        ['user_name: me', () => ({ ...base(), user_name: 'me' }), { user_name: 'invalid' }],
        ['user_name: ME', () => ({ ...base(), user_name: 'ME' }), { user_name: 'invalid' }],
        ['user_name: a dot', () => ({ ...base(), user_name: '.' }), { user_name: 'invalid' }],
        ['user_name: two dots', () => ({ ...base(), user_name: '..' }), { user_name: 'invalid' }],
        ['user_name: a number', () => ({ ...base(), user_name: 7 }), { user_name: 'wrong_type' }],
        ['user_name: missing', () => ({ password: 'long enough, surely' }), { user_name: 'required' }],
        ['user_name: null', () => ({ ...base(), user_name: null }), { user_name: 'required' }],
        ['password: 8 bytes', () => ({ ...base(), password: 'q7#vX-2p' }), 201],
        ['password: 8 bytes in 2 characters', () => ({ ...base(), password: four + four }), 201],
        ['password: 7 bytes', () => ({ ...base(), password: 'q7#vX-2' }), { password: 'too_short' }, { schema: false }],
        ['password: 256 bytes', () => ({ ...base(), password: letters(256) }), 201],
        ['password: 257 bytes', () => ({ ...base(), password: letters(257) }), { password: 'too_long' }],
        [
            'password: 260 bytes in 65 characters',
            () => ({ ...base(), password: four.repeat(65) }),
            { password: 'too_long' },
            { schema: false },
        ],
        [
            'password: a common one',
            () => ({ ...base(), password: 'Password1' }),
            { password: 'too_common' },
            { schema: false },
        ],
        [
            'password: the user name',
            () => {
                const name = uniqueName('limits');
                return { user_name: name, password: name.toUpperCase() };
            },
            { password: 'too_common' },
            { schema: false },
        ],
        ['password: a list', () => ({ ...base(), password: ['long enough, surely'] }), { password: 'wrong_type' }],
        ['password: missing', () => ({ user_name: uniqueName('limits') }), { password: 'required' }],
        ['display_name: 1 character', () => ({ ...base(), display_name: four }), 201],
        ['display_name: 64 characters', () => ({ ...base(), display_name: four.repeat(64) }), 201],
        ['display_name: 65 characters', () => ({ ...base(), display_name: letters(65) }), { display_name: 'too_long' }],
        ['display_name: empty', () => ({ ...base(), display_name: '' }), { display_name: 'too_short' }],
        ['display_name: blank', () => ({ ...base(), display_name: '   ' }), { display_name: 'invalid' }],
        ['display_name: a line feed', () => ({ ...base(), display_name: 'a\nb' }), { display_name: 'invalid' }],
        ['email: 3 characters', () => ({ ...base(), email: 'a@b' }), 201],
        ['email: 254 characters', () => ({ ...base(), email: longEmail(254) }), 201],
        ['email: 255 characters', () => ({ ...base(), email: longEmail(255) }), { email: 'too_long' }],
        ['email: no @', () => ({ ...base(), email: 'alice.example.org' }), { email: 'invalid' }],
        ['email: two @', () => ({ ...base(), email: 'a@b@c' }), { email: 'invalid' }],
        ['email: a space', () => ({ ...base(), email: 'a b@c.org' }), { email: 'invalid' }],
        ['an unknown member', () => ({ ...base(), admin: true }), { admin: 'unknown' }],
        [
            'everything wrong at once',
            () => ({ password: 'short', display_name: '', email: 'x@', x: 1 }),
            {
                user_name: 'required',
                password: 'too_short',
                display_name: 'too_short',
                email: 'too_short',
                x: 'unknown',
            },
        ],
    ];
    for (const [name, body, expected, options] of table) {
        test(name, () => check(stranger, 'POST', '/users', body(), expected, options));
    }

    test('capitals are folded', async () => {
        const name = uniqueName('Folded');
        const answer = await stranger.post('/users', { user_name: name, password: 'long enough, surely' });
        assert.equal(answer.json().user_name, name.toLowerCase());
        assert.equal(answer.header('Location'), `/api/v1/users/${name.toLowerCase()}`);
        const again = await stranger.post('/users', { user_name: name.toUpperCase(), password: 'long enough, surely' });
        assert.equal(again.status, 409);
        const client = await logIn({ name: name.toUpperCase(), password: 'long enough, surely' });
        assert.equal((await client.read('/users/me')).user_name, name.toLowerCase());
        assert.equal((await alice.read(`/users/${name.toUpperCase()}`)).user_name, name.toLowerCase());
    });

    test('what is stored is what was sent', async () => {
        const user = {
            user_name: longName(),
            password: letters(256),
            display_name: four.repeat(64),
            email: longEmail(254),
        };
        assert.equal((await stranger.post('/users', user)).status, 201);
        const client = await logIn({ name: user.user_name, password: user.password });
        const { created_at: _, ...stored } = await client.read('/users/me');
        const { password: __, ...sent } = user;
        assert.deepEqual(stored, sent);
    });
});

describe('POST /sessions', () => {
    const table = [
        ['user_name: missing', { password: 'long enough' }, { user_name: 'required' }],
        ['user_name: empty', { user_name: '', password: 'long enough' }, { user_name: 'too_short' }],
        ['user_name: 33 characters', { user_name: letters(33), password: 'long enough' }, { user_name: 'too_long' }],
        ['user_name: a number', { user_name: 1, password: 'long enough' }, { user_name: 'wrong_type' }],
        ['user_name: nobody with 32 characters', { user_name: letters(32), password: 'long enough' }, 401],
        ['password: missing', { user_name: 'x' }, { password: 'required' }],
        ['password: empty', { user_name: 'x', password: '' }, { password: 'too_short' }],
        ['password: 257 bytes', { user_name: 'x', password: letters(257) }, { password: 'too_long' }],
        ['token: text', { user_name: 'x', password: 'long enough', token: 'true' }, { token: 'wrong_type' }],
        ['token: a number', { user_name: 'x', password: 'long enough', token: 1 }, { token: 'wrong_type' }],
        ['an unknown member', { user_name: 'x', password: 'long enough', remember: true }, { remember: 'unknown' }],
    ];
    for (const [name, body, expected] of table) {
        test(name, () => check(stranger, 'POST', '/sessions', body, expected));
    }
});

describe('PUT /users/me/password', () => {
    const table = [
        ['nothing', {}, { current_password: 'required', new_password: 'required' }],
        [
            'new_password: 7 bytes',
            { current_password: 'x', new_password: 'q7#vX-2' },
            { new_password: 'too_short' },
            { schema: false },
        ],
        [
            'new_password: 257 bytes',
            { current_password: 'x', new_password: letters(257) },
            { new_password: 'too_long' },
        ],
        [
            'new_password: a common one',
            { current_password: 'x', new_password: 'password1' },
            { new_password: 'too_common' },
            { schema: false },
        ],
        [
            'current_password: wrong',
            { current_password: 'not it, surely', new_password: 'q7#vX-2p' },
            { current_password: 'invalid' },
            { schema: false },
        ],
        [
            'current_password: 257 bytes',
            { current_password: letters(257), new_password: 'q7#vX-2p' },
            { current_password: 'too_long' },
        ],
        [
            'an unknown member',
            { current_password: 'x', new_password: 'q7#vX-2p', repeat: 'q7#vX-2p' },
            { repeat: 'unknown' },
        ],
    ];
    for (const [name, body, expected, options] of table) {
        test(name, () => check(alice, 'PUT', '/users/me/password', body, expected, options));
    }

    test('new_password: the own name', async () => {
        const body = { current_password: 'x', new_password: alice.name };
        await check(alice, 'PUT', '/users/me/password', body, { new_password: 'too_common' }, { schema: false });
    });
});

describe('the request as a whole', () => {
    const bytes = (n) => {
        const frame = JSON.stringify({ user_name: 'x', password: '' }).length;
        return JSON.stringify({ user_name: 'x', password: letters(n - frame) });
    };
    const headers = [['Content-Type', 'application/json']];

    test('a body of 65,536 bytes is read', async () => {
        const answer = await stranger.call('POST', '/users', { raw: bytes(65536), headers });
        assertInvalid(answer, { password: 'too_long' });
    });

    test('a body of 65,537 bytes is refused', async () => {
        const answer = await stranger.call('POST', '/users', { raw: bytes(65537), headers });
        assert.equal(answer.status, 413, String(answer));
    });

    test('32 query parameters are read, 33 are not', async () => {
        const query = (n) => Array.from({ length: n }, (_, i) => `p${i}=1`).join('&');
        assert.equal((await alice.get(`/messages?${query(32)}`)).status, 422);
        assert.equal((await alice.get(`/messages?${query(33)}`)).status, 400);
    });

    test('depth 16 is parsed, 17 is not', async () => {
        const nested = (depth) => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`;
        assertInvalid(await stranger.call('POST', '/sessions', { raw: nested(16), headers }), {
            user_name: 'required',
            password: 'required',
            a: 'unknown',
        });
        assert.equal((await stranger.call('POST', '/sessions', { raw: nested(17), headers })).status, 400);
    });
});

test('signing up twice with one name at once makes one user', async () => {
    const user = { user_name: uniqueName('twice'), password: 'long enough, surely' };
    const answers = await Promise.all(Array.from({ length: 4 }, () => stranger.post('/users', user)));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409, 409, 409]);
});
