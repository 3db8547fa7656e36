// ETags and compression: an unchanged page is a 304, packed or not.

import assert from 'node:assert/strict';
import { gunzipSync } from 'node:zlib';
import { before, test } from 'node:test';
import { newcomer } from './support/api.mjs';

let alice, bob;
const gzip = ['Accept-Encoding', 'gzip'];
const page = (more = '') => `/messages?with=${bob.name}&per_page=20&page=1${more}`;

before(async () => {
    [alice, bob] = [await newcomer('alice'), await newcomer('bob')];
    await alice.sendTexts(bob.name, 25);
});

async function assertNotModified(client, path, etag, ...headers) {
    const answer = await client.get(path, { headers: [['If-None-Match', etag], ...headers] });
    assert.equal(answer.status, 304, String(answer));
    assert.equal(answer.body.length, 0);
    return answer;
}

test('a page has an ETag, and private, no-cache', async () => {
    const answer = await alice.get(page());
    assert.ok(answer.header('ETag'), String(answer));
    assert.equal(answer.header('Cache-Control'), 'private, no-cache');
});

test('an unchanged page is 304 with the same ETag and Cache-Control', async () => {
    const etag = (await alice.get(page())).header('ETag');
    const answer = await assertNotModified(alice, page(), etag);
    assert.equal(answer.header('ETag'), etag);
    assert.equal(answer.header('Cache-Control'), 'private, no-cache');
});

test('If-None-Match: lists, the weak form and *', async () => {
    const etag = (await alice.get(page())).header('ETag');
    const strong = etag.replace(/^W\//, '');
    for (const value of [strong, `W/${strong}`, `"other", ${strong}`, `${strong}, W/"x"`, '*'])
        await assertNotModified(alice, page(), value);
    for (const value of ['"other"', strong.slice(1, -1), strong.replace(/"$/, 'x"'), '']) {
        assert.equal((await alice.get(page(), { headers: [['If-None-Match', value]] })).status, 200, value);
    }
});

test('packed, it is the same page and has an ETag that leads to a 304', async () => {
    const plain = await alice.get(page());
    const packed = await alice.get(page(), { headers: [gzip] });
    assert.equal(packed.header('Content-Encoding'), 'gzip');
    assert.match(packed.header('Vary') ?? '', /accept-encoding/i);
    assert.match(plain.header('Vary') ?? '', /accept-encoding/i);
    assert.ok(packed.body.length < plain.body.length / 2);
    assert.deepEqual(gunzipSync(packed.body), plain.body);
    await assertNotModified(alice, page(), packed.header('ETag'), gzip);
    await assertNotModified(alice, page(), packed.header('ETag'));
    await assertNotModified(alice, page(), plain.header('ETag'), gzip);
});

test('a whole conversation is packed, too', async () => {
    const plain = await alice.get(`/messages?with=${bob.name}`);
    const packed = await alice.get(`/messages?with=${bob.name}`, { headers: [gzip] });
    assert.equal(packed.header('Content-Encoding'), 'gzip');
    assert.deepEqual(gunzipSync(packed.body), plain.body);
});

test('what mixes conversations is never packed, however its query is written', async () => {
    for (const query of ['box=sent', '%62ox=sent', 'per_page=50&box=sent', 'per_page=50&b%6Fx=sent']) {
        const answer = await alice.get(`/messages?${query}`, { headers: [gzip] });
        assert.equal(answer.status, 200);
        assert.equal(answer.header('Content-Encoding'), undefined, query);
        assert.ok(answer.body.length > 1024, 'long enough to be packed');
    }
    for (const comma of [',', '%2C', '%2c']) {
        const packed = await alice.get(`/messages?between=${alice.name}${comma}${bob.name}`, { headers: [gzip] });
        assert.equal(packed.header('Content-Encoding'), 'gzip');
    }
});

test('a new message changes every page that moved', async () => {
    const etag = (await alice.get(page())).header('ETag');
    const fixed = page(`&upto=25`);
    const fixedAnswer = await alice.get(fixed);
    await bob.send({ recipient: alice.name, type: 'text', text: 'new' });
    const answer = await alice.get(page(), { headers: [['If-None-Match', etag]] });
    assert.equal(answer.status, 200);
    assert.notEqual(answer.header('ETag'), etag);
    assert.equal(answer.json().messages[0].text, 'new');
    assert.deepEqual((await alice.read(fixed)).messages, fixedAnswer.json().messages);
});

test('pages of one conversation can be told apart by what they hold, never answered with the wrong one', async () => {
    const first = await alice.get(page());
    for (const other of [
        `/messages?with=${bob.name}&per_page=20&page=2`,
        `/messages?with=${bob.name}&per_page=10&page=1`,
        page('&order=asc'),
    ]) {
        const again = await alice.get(other, { headers: [['If-None-Match', (await alice.get(other)).header('ETag')]] });
        assert.equal(again.status, 304, other);
        assert.notDeepEqual((await alice.read(other)).messages, first.json().messages);
    }
});

test("another conversation's ETag is no match", async () => {
    const carol = await newcomer('carol');
    await carol.sendTexts(bob.name, 26);
    const etag = (await carol.get(page())).header('ETag');
    assert.equal((await alice.get(page(), { headers: [['If-None-Match', etag]] })).status, 200);
});

test('an empty page has one as well, which the first message changes', async () => {
    const [dave, erin] = [await newcomer('dave'), await newcomer('erin')];
    const path = `/messages?with=${erin.name}&page=1`;
    const etag = (await dave.get(path)).header('ETag');
    if (etag !== undefined) await assertNotModified(dave, path, etag);
    await erin.sendTexts(dave.name, 1);
    const answer = await dave.get(path, { headers: [['If-None-Match', etag ?? '"0"']] });
    assert.equal(answer.status, 200);
    assert.equal(answer.json().total, 1);
});

test('nothing is kept by a cache that others use', async () => {
    for (const path of ['/messages?box=sent', `/messages?with=${bob.name}`, `/messages?with=${bob.name}&after=0`]) {
        assert.match((await alice.get(path)).header('Cache-Control'), /no-store|private/, path);
    }
    for (const path of ['/users/me', '/sessions', `/users/${bob.name}`]) {
        assert.match((await alice.get(path)).header('Cache-Control'), /no-store/, path);
    }
    assert.match((await alice.get('/nothing')).header('Cache-Control'), /no-store/);
});
