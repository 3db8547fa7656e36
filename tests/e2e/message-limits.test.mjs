// Every limit of sending and reading messages, on both sides.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { assertInvalid, newcomer, uniqueName } from './support/api.mjs';
import { acceptsParameter } from './support/contract.mjs';
import { check, four, letters } from './support/limits.mjs';

const url = (length) => `https://example.org/${letters(length - 20)}`;

let alice, bob;

before(async () => {
    [alice, bob] = [await newcomer('alice'), await newcomer('bob')];
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

    test('a source is kept in small letters', async () =>
        assert.equal((await alice.send(video({ source: 'YouTube' }))).source, 'youtube'));

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
