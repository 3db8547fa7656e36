// Log-in, log-out and tokens: who is let in, and who no longer.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { before, describe, test } from 'node:test';
import {
    assertProblem,
    Client,
    logIn,
    newcomer,
    scratchFile,
    signUp,
    stack,
    stranger,
    uniqueName,
} from './support/api.mjs';
import { sql } from './support/stack.mjs';
import { parts, readKeys, sign, unsigned } from './support/token.mjs';

/** Every call that needs a session, in a form that would succeed with one. */
const guarded = (name) => [
    ['GET', '/users/me'],
    ['GET', `/users/${name}`],
    ['PUT', '/users/me/password', { current_password: 'x', new_password: 'long enough, surely' }],
    ['GET', '/sessions'],
    ['DELETE', `/sessions/${'0'.repeat(32)}`],
    ['DELETE', '/sessions/current'],
    ['POST', '/sessions/current/delete'],
    ['POST', '/messages', { recipient: name, type: 'text', text: 'x' }],
    ['GET', `/messages?with=${name}`],
    ['GET', `/messages?with=${name}&page=1`],
    ['GET', `/messages?with=${name}&after=0`],
    ['GET', '/messages?box=sent'],
    ['GET', '/messages?box=received'],
];

/** Fails unless the token is refused on every guarded call, as a bearer token and as a cookie. */
async function assertRefused(token, name) {
    await Promise.all(
        guarded(name).map(async ([method, path, json]) => {
            assertProblem(await new Client({ token }).call(method, path, { json }), 401, 'unauthenticated');
            const headers = [['Cookie', `__Host-session=${token}`]];
            assertProblem(await stranger.call(method, path, { json, headers }), 401, 'unauthenticated');
        }),
    );
}

describe('tokens', () => {
    let alice, bob, key, real;
    const now = () => Math.floor(Date.now() / 1000);

    before(async () => {
        alice = await newcomer('alice');
        bob = await newcomer('bob');
        key = readKeys(stack.folder).at(-1);
        real = parts(alice.sessionToken);
    });

    test('a token is what it says: HS256 with the newest key', () => {
        assert.deepEqual(real.header, { alg: 'HS256', kid: key.id, typ: 'JWT' });
        const { iat, exp, sid, ...rest } = real.claims;
        assert.deepEqual(rest, { iss: 'sotto', aud: 'sotto', sub: alice.name });
        assert.equal(sid, alice.session.id);
        assert.ok(Math.abs(iat - now()) < 60 && exp > iat, `${iat} ${exp}`);
        assert.ok(Math.abs(exp * 1000 - Date.parse(alice.session.expires_at)) < 2000);
    });

    test('the same claims signed here are let in: what is refused below is for its one difference', async () => {
        const token = sign(
            Buffer.from(real.rawHeader, 'base64url').toString(),
            Buffer.from(real.rawClaims, 'base64url').toString(),
            key.secret,
        );
        assert.equal(token, alice.sessionToken);
        const shifted = sign(
            Buffer.from(real.rawHeader, 'base64url').toString(),
            { ...real.claims, exp: real.claims.exp - 1 },
            key.secret,
        );
        assert.equal((await new Client({ token: shifted }).read('/users/me')).user_name, alice.name);
    });

    test('none at all', async () => {
        for (const [method, path, json] of guarded(bob.name)) {
            assertProblem(await stranger.call(method, path, { json }), 401, 'unauthenticated');
        }
    });

    const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const forgeries = [
        ['nonsense', () => 'nonsense'],
        ['three times nothing', () => '..'],
        ['no signature', () => `${real.rawHeader}.${real.rawClaims}`],
        ['an empty signature', () => `${real.rawHeader}.${real.rawClaims}.`],
        ['a cut signature', () => alice.sessionToken.slice(0, -1)],
        ['a signature too long', () => `${alice.sessionToken}A`],
        ['a fourth part', () => `${alice.sessionToken}.x`],
        ['another signature', () => `${real.rawHeader}.${real.rawClaims}.${randomBytes(32).toString('base64url')}`],
        [
            'another user under the old signature',
            () => `${real.rawHeader}.${encode({ ...real.claims, sub: bob.name })}.${real.signature}`,
        ],
        ['another key', () => sign(real.header, real.claims, randomBytes(32))],
        ['an empty key', () => sign(real.header, real.claims, '')],
        ['another key under its own id', () => sign({ ...real.header, kid: 'mine' }, real.claims, randomBytes(32))],
        ['the right key under another id', () => sign({ ...real.header, kid: 'other' }, real.claims, key.secret)],
        ['no key id', () => sign({ alg: 'HS256', typ: 'JWT' }, real.claims, key.secret)],
        ['alg none', () => unsigned({ ...real.header, alg: 'none' }, real.claims)],
        ['alg None', () => unsigned({ ...real.header, alg: 'None' }, real.claims)],
        ['alg none, signed', () => sign({ ...real.header, alg: 'none' }, real.claims, key.secret)],
        ['alg HS512', () => sign({ ...real.header, alg: 'HS512' }, real.claims, key.secret, 'sha512')],
        ['alg HS384', () => sign({ ...real.header, alg: 'HS384' }, real.claims, key.secret, 'sha384')],
        ['alg RS256, signed as HS256', () => sign({ ...real.header, alg: 'RS256' }, real.claims, key.secret)],
        ['another typ', () => sign({ ...real.header, typ: 'at+jwt' }, real.claims, key.secret)],
        ['a crit header', () => sign({ ...real.header, crit: ['exp'] }, real.claims, key.secret)],
        ['expired a second ago', () => sign(real.header, { ...real.claims, exp: now() - 1 }, key.secret)],
        [
            'expired a year ago',
            () => sign(real.header, { ...real.claims, iat: now() - 40_000_000, exp: now() - 31_000_000 }, key.secret),
        ],
        ['no expiry', () => sign(real.header, { ...real.claims, exp: undefined }, key.secret)],
        ['an expiry in text', () => sign(real.header, { ...real.claims, exp: String(real.claims.exp) }, key.secret)],
        ['issued in an hour', () => sign(real.header, { ...real.claims, iat: now() + 3600 }, key.secret)],
        ['another issuer', () => sign(real.header, { ...real.claims, iss: 'other' }, key.secret)],
        ['another audience', () => sign(real.header, { ...real.claims, aud: 'other' }, key.secret)],
        ['no session', () => sign(real.header, { ...real.claims, sid: undefined }, key.secret)],
        [
            'a session that never was',
            () => sign(real.header, { ...real.claims, sid: randomBytes(16).toString('hex') }, key.secret),
        ],
        [
            'a session in capitals',
            () =>
                sign(
                    real.header,
                    { ...real.claims, sid: real.claims.sid.toUpperCase().replace(/^\d/, 'A') },
                    key.secret,
                ),
        ],
        ['claims that are no JSON', () => sign(real.header, 'nonsense', key.secret)],
        ['1,025 bytes', () => sign(real.header, { ...real.claims, pad: 'x'.repeat(1025) }, key.secret)],
        ['8,000 bytes', () => 'x'.repeat(8000)],
        ['its key, hashed', () => sign(real.header, real.claims, createHash('sha256').update(key.secret).digest())],
    ];
    for (const [name, forge] of forgeries) {
        test(`forged: ${name}`, async () => assertRefused(forge(), bob.name));
    }

    test('a user who does not go with the session', async () => {
        const token = sign(real.header, { ...real.claims, sub: bob.name }, key.secret);
        const answer = await new Client({ token }).get('/users/me');
        if (answer.status === 200)
            assert.equal(answer.json().user_name, alice.name, 'the session decides, never the name');
        else assertProblem(answer, 401, 'unauthenticated');
    });

    test('other schemes of Authorization', async () => {
        for (const value of [
            `Basic ${Buffer.from(`${alice.name}:${alice.sessionToken}`).toString('base64')}`,
            alice.sessionToken,
            `Bearer`,
            `Bearer ${alice.sessionToken} x`,
            `Token ${alice.sessionToken}`,
        ]) {
            assertProblem(
                await stranger.get('/users/me', { headers: [['Authorization', value]] }),
                401,
                'unauthenticated',
            );
        }
        const answer = await stranger.get('/users/me', {
            headers: [['Authorization', `bearer ${alice.sessionToken}`]],
        });
        assert.equal(answer.status, 200, 'the scheme is case-insensitive (RFC 9110, 11.1)');
    });

    test('the cookie twice is none', async () => {
        const headers = [['Cookie', `__Host-session=${alice.sessionToken}; __Host-session=${bob.sessionToken}`]];
        assertProblem(await stranger.get('/users/me', { headers }), 401, 'unauthenticated');
    });

    test('the cookie among others is found', async () => {
        const headers = [['Cookie', `a=b; __Host-session=${alice.sessionToken}; x-__Host-session=c`]];
        assert.equal((await stranger.get('/users/me', { headers })).json().user_name, alice.name);
    });

    test('a token in the query or the body is none', async () => {
        assertProblem(await stranger.get(`/users/me?access_token=${alice.sessionToken}`), 401, 'unauthenticated');
    });

    test('expired in the database', async () => {
        const client = await newcomer('expired');
        assert.equal((await client.get('/users/me')).status, 200);
        sql(`UPDATE sessions SET expires_at = UTC_TIMESTAMP(3) WHERE id = UNHEX('${client.session.id}')`);
        await assertRefused(client.sessionToken, bob.name);
    });
});

describe('log-in', () => {
    test('the cookie: __Host-, Secure, HttpOnly, SameSite=Lax, Path=/, no Domain, as long as the session', async () => {
        const person = await signUp('cookie');
        const answer = await stranger.post('/sessions', { user_name: person.name, password: person.password });
        const [pair, ...attributes] = answer.header('Set-Cookie').split(/; */);
        assert.match(pair, /^__Host-session=./);
        const age = attributes.find((attribute) => /^max-age=/i.test(attribute));
        const others = attributes.filter((attribute) => attribute !== age).map((attribute) => attribute.toLowerCase());
        assert.deepEqual(others.sort(), ['httponly', 'path=/', 'samesite=lax', 'secure']);
        const life = Date.parse(answer.json().session.expires_at) - Date.parse(answer.json().session.created_at);
        assert.ok(Math.abs(Number(age.split('=')[1]) - life / 1000) < 2, age);
    });

    test('the token is in the body only where it was asked for', async () => {
        const person = await signUp('tokens');
        const logInWith = async (more) =>
            (await stranger.post('/sessions', { user_name: person.name, password: person.password, ...more })).json();
        assert.equal('token' in (await logInWith({})), false);
        assert.equal('token' in (await logInWith({ token: false })), false);
        assert.match((await logInWith({ token: true })).token, /^ey/);
    });

    test('no log-in without the password, also with what is almost it', async () => {
        const person = await signUp('almost');
        for (const password of [
            `${person.password} `,
            ` ${person.password}`,
            person.password.slice(0, -1),
            person.password.toUpperCase(),
            '%',
        ]) {
            const answer = await stranger.post('/sessions', { user_name: person.name, password });
            assertProblem(answer, 401, 'invalid-credentials');
            assert.equal(answer.header('Set-Cookie'), undefined);
        }
    });

    test('names that SQL might take for more', async () => {
        for (const user_name of ["' OR '1'='1", 'x\\', '%', '_', "a' -- "]) {
            assertProblem(
                await stranger.post('/sessions', { user_name, password: 'long enough, surely' }),
                401,
                'invalid-credentials',
            );
        }
    });
});

describe('sessions', () => {
    test('each log-in is one, newest first, and only one is current', async () => {
        const person = await signUp('devices');
        const phone = await logIn(person);
        const jar = scratchFile('jar');
        const headers = [['User-Agent', `${'laptop/'.repeat(50)}`]];
        const answer = await new Client({ jar }).post(
            '/sessions',
            { user_name: person.name, password: person.password },
            { headers },
        );
        const laptop = new Client({ jar });
        const { sessions } = await laptop.read('/sessions');
        assert.deepEqual(
            sessions.map(({ id, current }) => [id, current]),
            [
                [answer.json().session.id, true],
                [phone.session.id, false],
            ],
        );
        assert.equal(sessions[0].user_agent, 'laptop/'.repeat(50).slice(0, 255));
        assert.match(sessions[1].user_agent, /^curl\//);
        assert.ok(['127.0.0.1', '::1'].includes(sessions[0].ip), sessions[0].ip);
        assert.deepEqual(
            (await phone.read('/sessions')).sessions.map(({ current }) => current),
            [false, true],
        );
    });

    test('a revoked one is refused at once, everywhere, and the others stay', async () => {
        const person = await signUp('revoked');
        const [phone, laptop] = [await logIn(person), await logIn(person)];
        const answer = await laptop.delete(`/sessions/${phone.session.id}`);
        assert.equal(answer.status, 204);
        assert.equal(answer.header('Set-Cookie'), undefined, 'the cookie of the asking session stays');
        await assertRefused(phone.sessionToken, person.name);
        assert.deepEqual(
            (await laptop.read('/sessions')).sessions.map(({ id }) => id),
            [laptop.session.id],
        );
        assertProblem(await laptop.delete(`/sessions/${phone.session.id}`), 404, 'not-found');
    });

    test('log-out ends the session and removes the cookie', async () => {
        const client = await newcomer('leaving');
        const answer = await client.delete('/sessions/current');
        assert.equal(answer.status, 204);
        assert.match(answer.header('Set-Cookie'), /Max-Age=0/i);
        await assertRefused(client.sessionToken, client.name);
    });

    test('one may revoke the session that asks', async () => {
        const client = await newcomer('leaving');
        assert.equal((await client.delete(`/sessions/${client.session.id}`)).status, 204);
        assertProblem(await client.get('/users/me'), 401, 'unauthenticated');
    });

    test("another's session can't be ended, and looks like one that is not there", async () => {
        const [alice, mallory] = [await newcomer('alice'), await newcomer('mallory')];
        const theirs = await mallory.delete(`/sessions/${alice.session.id}`);
        const nobodys = await mallory.delete(`/sessions/${randomBytes(16).toString('hex')}`);
        const { request_id: _, ...first } = theirs.json();
        const { request_id: __, ...second } = nobodys.json();
        assertProblem(theirs, 404, 'not-found');
        assert.deepEqual(first, second);
        assert.equal((await alice.get('/users/me')).status, 200);
    });
});

describe('a new password', () => {
    test('ends the other sessions and keeps this one; the old one is no good any more', async () => {
        const person = await signUp('changing');
        const [phone, laptop, token] = [await logIn(person), await logIn(person), await logIn(person, 'token')];
        const change = { current_password: person.password, new_password: `new ${uniqueName('p')} ß𝄞` };
        assert.equal((await laptop.put('/users/me/password', change)).status, 204);
        assert.equal((await laptop.get('/users/me')).status, 200);
        assertProblem(await phone.get('/users/me'), 401, 'unauthenticated');
        assertProblem(await token.get('/users/me'), 401, 'unauthenticated');
        assertProblem(
            await stranger.post('/sessions', { user_name: person.name, password: person.password }),
            401,
            'invalid-credentials',
        );
        assert.equal((await logIn({ ...person, password: change.new_password })).name, person.name);
        assert.equal((await laptop.read('/sessions')).sessions.length, 2);
    });

    test('a wrong current one changes nothing', async () => {
        const person = await signUp('changing');
        const [phone, laptop] = [await logIn(person), await logIn(person)];
        const answer = await laptop.put('/users/me/password', {
            current_password: 'not it, surely',
            new_password: 'long enough, surely',
        });
        assert.equal(answer.status, 422);
        assert.equal((await phone.get('/users/me')).status, 200);
        await logIn(person);
    });
});
