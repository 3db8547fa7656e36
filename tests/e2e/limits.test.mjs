// Every limit of every field and parameter, on both sides, against the server and against the OpenAPI document: what one
// of them takes the other takes as well.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { assertInvalid, logIn, newcomer, signUp, stranger, uniqueName } from './support/api.mjs';
import { acceptsBody, acceptsParameter } from './support/contract.mjs';

const four = '𝄞'; // four bytes in UTF-8, one code point
const letters = (n) => 'x'.repeat(n);
const longEmail = (length) => `${letters(length - 4)}@a.b`;
const url = (length) => `https://example.org/${letters(length - 20)}`;
/** 32 characters, the longest user name. */
const longName = () => uniqueName('n').padEnd(32, 'n');

let alice, bob;

before(async () => {
    [alice, bob] = [await newcomer('alice'), await newcomer('bob')];
});

/** Checks one row on the server and on the document. `schema: false`: a rule that JSON Schema has no words for. */
async function check(client, method, path, body, expected, { schema = true } = {}) {
    const answer = await client.call(method, path, { json: body });
    if (typeof expected === 'number') assert.equal(answer.status, expected, String(answer));
    else assertInvalid(answer, expected);
    if (schema) assert.equal(acceptsBody(method, path, body), typeof expected === 'number', 'the document disagrees');
}

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

describe('POST /messages', () => {
    const text = (more) => ({ recipient: bob.name, type: 'text', text: 'hello', ...more });
    const image = (more) => ({
        recipient: bob.name,
        type: 'image',
        url: 'https://example.org/a.png',
        width: 1,
        height: 1,
        ...more,
    });
    const video = (more) => ({
        recipient: bob.name,
        type: 'video',
        url: 'https://example.org/a.mp4',
        duration_s: 1,
        ...more,
    });
    const without = (object, name) => Object.fromEntries(Object.entries(object).filter(([key]) => key !== name));
    const table = [
        ['recipient: missing', () => without(text(), 'recipient'), { recipient: 'required' }],
        ['recipient: a list', () => text({ recipient: [bob.name] }), { recipient: 'wrong_type' }],
        ['recipient: 33 characters', () => text({ recipient: letters(33) }), { recipient: 'too_long' }],
        ['recipient: no name at all', () => text({ recipient: 'a b' }), { recipient: 'invalid' }],
        ['recipient: oneself', () => text({ recipient: alice.name }), { recipient: 'invalid' }, { schema: false }],
        ['recipient: nobody', () => text({ recipient: uniqueName('nobody') }), 404],
        ['recipient: in capitals', () => text({ recipient: bob.name.toUpperCase() }), 201],
        ['sender: oneself', () => text({ sender: alice.name }), 201],
        ['sender: oneself in capitals', () => text({ sender: alice.name.toUpperCase() }), 201],
        ['sender: a number', () => text({ sender: 1 }), { sender: 'wrong_type' }],
        ['type: missing', () => without(text(), 'type'), { type: 'required' }],
        ['type: another', () => text({ type: 'audio' }), { type: 'invalid' }],
        ['type: in capitals', () => text({ type: 'TEXT' }), { type: 'invalid' }],
        ['type: a number', () => text({ type: 1 }), { type: 'wrong_type' }],
        ['an unknown member', () => text({ subject: 'x' }), { subject: 'unknown' }],

        ['text: 1 character', () => text({ text: four }), 201],
        ['text: 4,000 characters of 4 bytes', () => text({ text: four.repeat(4000) }), 201],
        ['text: 4,001 characters', () => text({ text: letters(4001) }), { text: 'too_long' }],
        ['text: empty', () => text({ text: '' }), { text: 'too_short' }],
        ['text: missing', () => without(text(), 'text'), { text: 'required' }],
        ['text: a number', () => text({ text: 1 }), { text: 'wrong_type' }],
        ['text: an object', () => text({ text: {} }), { text: 'wrong_type' }],
        ['text with a url', () => text({ url: 'https://example.org/' }), { url: 'invalid' }],
        ['text with a width', () => text({ width: 1 }), { width: 'invalid' }],
        ['text with a height', () => text({ height: 1 }), { height: 'invalid' }],
        ['text with a duration', () => text({ duration_s: 1 }), { duration_s: 'invalid' }],
        ['text with a source', () => text({ source: 'x' }), { source: 'invalid' }],

        ['image: 1 by 1', () => image(), 201],
        ['image: 65,535 by 65,535', () => image({ width: 65535, height: 65535 }), 201],
        ['image: width 0', () => image({ width: 0 }), { width: 'out_of_range' }],
        ['image: width 65,536', () => image({ width: 65536 }), { width: 'out_of_range' }],
        ['image: width -1', () => image({ width: -1 }), { width: 'out_of_range' }],
        ['image: width 1.5', () => image({ width: 1.5 }), { width: 'wrong_type' }],
        ['image: width in text', () => image({ width: '1' }), { width: 'wrong_type' }],
        ['image: width true', () => image({ width: true }), { width: 'wrong_type' }],
        ['image: width beyond 64 bits', () => image({ width: 1e300 }), { width: 'out_of_range' }],
        ['image: height 0', () => image({ height: 0 }), { height: 'out_of_range' }],
        ['image: height 65,536', () => image({ height: 65536 }), { height: 'out_of_range' }],
        ['image: no width', () => without(image(), 'width'), { width: 'required' }],
        ['image: no height', () => without(image(), 'height'), { height: 'required' }],
        [
            'image: neither',
            () => without(without(image(), 'height'), 'width'),
            { width: 'required', height: 'required' },
        ],
        ['image: no url', () => without(image(), 'url'), { url: 'required' }],
        ['image: caption of 4,000 characters', () => image({ text: letters(4000) }), 201],
        ['image: caption of 4,001 characters', () => image({ text: letters(4001) }), { text: 'too_long' }],
        ['image: empty caption', () => image({ text: '' }), { text: 'too_short' }],
        ['image with a duration', () => image({ duration_s: 1 }), { duration_s: 'invalid' }],
        ['image with a source', () => image({ source: 'x' }), { source: 'invalid' }],

        ['url: 2,048 characters', () => image({ url: url(2048) }), 201],
        ['url: 2,049 characters', () => image({ url: url(2049) }), { url: 'too_long' }],
        ['url: empty', () => image({ url: '' }), { url: 'too_short' }],
        ['url: http', () => image({ url: 'http://example.org/a.png' }), 201],
        ['url: scheme in capitals', () => image({ url: 'HTTPS://example.org/a.png' }), 201],
        ['url: with a port, query and fragment', () => image({ url: 'https://example.org:8443/a?b=c&d=%20#e' }), 201],
        ['url: an IPv6 host', () => image({ url: 'https://[2001:db8::1]/a.png' }), 201],
        ['url: ftp', () => image({ url: 'ftp://example.org/a.png' }), { url: 'invalid' }],
        ['url: javascript', () => image({ url: 'javascript:alert(1)//example.org' }), { url: 'invalid' }],
        ['url: data', () => image({ url: 'data:image/png;base64,AAAA' }), { url: 'invalid' }],
        ['url: relative', () => image({ url: '//example.org/a.png' }), { url: 'invalid' }],
        ['url: no host', () => image({ url: 'https:///a.png' }), { url: 'invalid' }],
        ['url: blank before it', () => image({ url: ' https://example.org/' }), { url: 'invalid' }],
        ['url: a space', () => image({ url: 'https://example.org/a b' }), { url: 'invalid' }],
        ['url: a line feed', () => image({ url: 'https://example.org/\na' }), { url: 'invalid' }],
        ['url: a user before the host', () => image({ url: 'https://example.org@evil.example/' }), { url: 'invalid' }],

        ['video: 1 second', () => video(), 201],
        ['video: a week', () => video({ duration_s: 604800 }), 201],
        ['video: 0 seconds', () => video({ duration_s: 0 }), { duration_s: 'out_of_range' }],
        ['video: a week and a second', () => video({ duration_s: 604801 }), { duration_s: 'out_of_range' }],
        ['video: 1.5 seconds', () => video({ duration_s: 1.5 }), { duration_s: 'wrong_type' }],
        ['video: no duration', () => without(video(), 'duration_s'), { duration_s: 'required' }],
        ['video: no url', () => without(video(), 'url'), { url: 'required' }],
        ['video: source of 32 characters', () => video({ source: letters(32) }), 201],
        ['video: source of 33 characters', () => video({ source: letters(33) }), { source: 'too_long' }],
        ['video: empty source', () => video({ source: '' }), { source: 'too_short' }],
        ['video: source with a space', () => video({ source: 'a b' }), { source: 'invalid' }],
        ['video with a width', () => video({ width: 1 }), { width: 'invalid' }],
        ['video with a height', () => video({ height: 1 }), { height: 'invalid' }],
    ];
    for (const [name, body, expected, options] of table) {
        const schema = expected === 404 ? false : undefined;
        test(name, () =>
            check(alice, 'POST', '/messages', body(), expected, { ...(schema === false && { schema }), ...options }),
        );
    }

    const sources = [
        ['https://www.youtube.com/watch?v=1', 'youtube'],
        ['https://m.youtube.com/watch?v=1', 'youtube'],
        ['https://youtu.be/1', 'youtube'],
        ['https://www.vevo.com/watch/1', 'vevo'],
        ['https://vimeo.com/1', 'vimeo'],
        ['https://player.vimeo.com/video/1', 'vimeo'],
        ['https://www.dailymotion.com/video/1', 'dailymotion'],
        ['https://clips.twitch.tv/1', 'twitch'],
        ['https://www.tiktok.com/@a/video/1', 'tiktok'],
        ['https://WWW.Example.ORG:8443/a.mp4', 'example.org'],
        ['https://notyoutube.com/1', 'notyoutube.com'],
        ['https://youtube.com.example.net/1', 'youtube.com.example.net'],
    ];
    for (const [link, source] of sources) {
        test(`source of ${link}`, async () => assert.equal((await alice.send(video({ url: link }))).source, source));
    }

    test('source of a host with more than 32 characters', async () => {
        const { source } = await alice.send(video({ url: `https://${letters(40)}.${letters(40)}.example/` }));
        assert.ok(source.length <= 32, source);
    });

    const keys = [
        ['1 character', 1, 201],
        ['64 characters', 64, 201],
        ['65 characters', 65, 422],
    ];
    for (const [name, length, status] of keys) {
        test(`Idempotency-Key: ${name}`, async () => {
            const key = uniqueName('k').padEnd(length, 'k').slice(-length);
            // A key of one character is used by one user only, so that the suite can run again.
            const client = length === 1 ? await newcomer('onekey') : alice;
            const answer = await client.post('/messages', text(), { headers: [['Idempotency-Key', key]] });
            assert.equal(answer.status, status, String(answer));
        });
    }
    for (const key of ['two words', 'schlüssel', 'tab\there']) {
        test(`Idempotency-Key: ${JSON.stringify(key)}`, async () => {
            const answer = await alice.post('/messages', text(), { headers: [['Idempotency-Key', key]] });
            assert.equal(answer.status, 422, String(answer));
        });
    }
});

describe('GET /messages', () => {
    const max = 2147483647;
    const pair = () => `with=${bob.name}`;
    const table = [
        ['nothing', '', 422],
        ['an unknown parameter', () => `${pair()}&limit=1`, { limit: 'unknown' }],
        ['between and with', () => `between=${alice.name},${bob.name}&${pair()}`, 422],
        ['between and box', () => `between=${alice.name},${bob.name}&box=sent`, 422],
        ['with and box', () => `${pair()}&box=sent`, 422],
        ['between: one name', () => `between=${alice.name}`, { between: 'invalid' }],
        ['between: three names', () => `between=${alice.name},${bob.name},carol`, { between: 'invalid' }],
        ['between: an empty name', () => `between=${alice.name},`, { between: 'invalid' }],
        ['between: no name at all', () => `between=${alice.name},a%20b`, { between: 'invalid' }],
        ['between: capitals', () => `between=${alice.name.toUpperCase()},${bob.name.toUpperCase()}`, 200],
        ['between: an encoded comma', () => `between=${alice.name}%2C${bob.name}`, 200],
        ['with: empty', 'with=', 422],
        ['with: 33 characters', `with=${letters(33)}`, { with: 'too_long' }],
        ['with: no name at all', 'with=a%20b', { with: 'invalid' }],
        ['box: another', 'box=all', { box: 'invalid' }],
        ['order: another', () => `${pair()}&order=newest`, { order: 'invalid' }],
        ['order: asc', () => `${pair()}&order=asc`, 200],
        ['order: desc', () => `${pair()}&order=desc`, 200],
        ['page: 1', () => `${pair()}&page=1`, 200],
        ['page: 0', () => `${pair()}&page=0`, { page: 'out_of_range' }],
        ['page: -1', () => `${pair()}&page=-1`, { page: 'out_of_range' }],
        ['page: 2^31-1', () => `${pair()}&page=${max}`, 200],
        ['page: 2^31-1 of 200 each', () => `${pair()}&page=${max}&per_page=200`, 200],
        ['page: 2^31', () => `${pair()}&page=${max + 1}`, { page: 'out_of_range' }],
        ['page: beyond 64 bits', () => `${pair()}&page=99999999999999999999`, { page: 'out_of_range' }],
        ['page: a word', () => `${pair()}&page=first`, { page: 'wrong_type' }],
        ['page: a fraction', () => `${pair()}&page=1.5`, { page: 'wrong_type' }],
        ['page: empty', () => `${pair()}&page=`, 422],
        ['per_page: 1', () => `${pair()}&per_page=1`, 200],
        ['per_page: 200', () => `${pair()}&per_page=200`, 200],
        ['per_page: 0', () => `${pair()}&per_page=0`, { per_page: 'out_of_range' }],
        ['per_page: 201', () => `${pair()}&per_page=201`, { per_page: 'out_of_range' }],
        ['upto: 1', () => `${pair()}&upto=1`, 200],
        ['upto: 0', () => `${pair()}&upto=0`, { upto: 'out_of_range' }],
        ['before: 1', () => `${pair()}&before=1`, 200],
        ['before: 0', () => `${pair()}&before=0`, { before: 'out_of_range' }],
        ['before: a word', () => `${pair()}&before=now`, { before: 'wrong_type' }],
        ['after: 0', () => `${pair()}&after=0`, 200],
        ['after: -1', () => `${pair()}&after=-1`, { after: 'out_of_range' }],
        ['before and after', () => `${pair()}&before=2&after=1`, 422],
        ['page and before', () => `${pair()}&page=1&before=2`, 422],
        ['page and after', () => `${pair()}&page=1&after=2`, 422],
        ['upto and after', () => `${pair()}&upto=1&after=2`, 422],
        ['box and page', 'box=sent&page=1', 422],
        ['box and upto', 'box=sent&upto=1', 422],
        ['box and after', 'box=sent&after=1', 422],
        ['box: per_page 200', 'box=sent&per_page=200', 200],
        ['box: per_page 201', 'box=sent&per_page=201', { per_page: 'out_of_range' }],
        ['box: a cursor of their own', 'box=sent&before=nonsense', { before: 'invalid' }],
    ];
    for (const [name, query, expected] of table) {
        test(name, async () => {
            const text = typeof query === 'function' ? query() : query;
            const answer = await alice.get(`/messages?${text}`);
            if (typeof expected === 'number') assert.equal(answer.status, expected, String(answer));
            else assertInvalid(answer, expected);
            for (const [parameter, value] of new URLSearchParams(text)) {
                if (expected !== 422 && expected[parameter] !== undefined && parameter !== 'before') {
                    assert.equal(
                        acceptsParameter('GET', '/messages', parameter, value),
                        false,
                        `the document takes ${parameter}=${value}`,
                    );
                } else if (expected === 200) {
                    assert.equal(
                        acceptsParameter('GET', '/messages', parameter, value),
                        true,
                        `the document refuses ${parameter}=${value}`,
                    );
                }
            }
        });
    }

    for (const path of ['/users/me', '/sessions', () => `/users/${bob.name}`]) {
        test(`an unknown parameter on ${typeof path === 'string' ? path : '/users/{user_name}'}`, async () => {
            assertInvalid(await alice.get(`${typeof path === 'string' ? path : path()}?x=1`), { x: 'unknown' });
        });
    }
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
    await signUp('next');
});
