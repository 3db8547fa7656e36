// What the browser is given to run: how much, for how long it may keep it, and what it is allowed to do.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newcomer, stack, stranger } from '../e2e/support/api.mjs';
import { launch } from './support/browser.mjs';
import { logInTo } from './support/people.mjs';

const most = 60_000; // bytes on the wire, headers included
let browser, alice, bob;

before(async () => {
    browser = await launch();
    [alice, bob] = [await newcomer('alice'), await newcomer('bob')];
    await alice.sendTexts(bob.name, 1);
    await bob.send({ recipient: alice.name, type: 'image', url: `${stack.url}/icon.svg`, width: 32, height: 32 });
    await bob.send({ recipient: alice.name, type: 'text', text: 'See https://example.org/' });
});

after(() => browser?.close());

async function withPage(path, client, check) {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    try {
        if (client) await logInTo(context, client);
        const page = await context.newPage();
        await check(page, () => page.goto(stack.url + path));
    } finally {
        await context.close();
    }
}

/** Loads a page with nothing cached, and resolves to what each answer took on the wire. */
async function weigh(page, load) {
    const session = await page.context().newCDPSession(page);
    const answers = new Map();
    session.on('Network.responseReceived', ({ requestId, response }) => answers.set(requestId, { url: response.url, bytes: 0 }));
    session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
        if (answers.has(requestId)) answers.get(requestId).bytes = encodedDataLength;
    });
    await session.send('Network.enable');
    await load();
    await page.waitForLoadState('networkidle');
    return [...answers.values()];
}

for (const [what, path, ready] of [
    ['the log-in page', '/', '#log-in-form'],
    ['a conversation', '/#/with/', '.message'],
]) {
    test(`the first load of ${what} takes at most 60 KB`, async (t) => {
        const client = ready === '.message' ? alice : undefined;
        await withPage(path + (client ? bob.name : ''), client, async (page, load) => {
            const answers = (await weigh(page, load)).filter(({ url }) => !new URL(url).pathname.startsWith('/api/'));
            await page.locator(ready).first().waitFor();
            const sum = answers.reduce((bytes, answer) => bytes + answer.bytes, 0);
            t.diagnostic(`${what}: ${answers.length} answers, ${sum} bytes`);
            assert.ok(answers.length > 10, 'that is not all of it');
            assert.ok(answers.every(({ bytes }) => bytes > 0), JSON.stringify(answers));
            assert.ok(sum <= most, `${sum} bytes:\n${answers.map(({ url, bytes }) => `${bytes} ${url}`).join('\n')}`);
        });
    });
}

/** The client's own page, and the assets that it names. */
async function clientPage() {
    const page = await stranger.plain('GET', '/');
    const assets = [...page.text().matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, path]) => path);
    assert.ok(assets.length > 10);
    return { page, assets };
}

test('what has a hash in its address is kept for ever, and the page itself is asked for each time', async () => {
    const { page, assets } = await clientPage();
    assert.equal(page.header('Cache-Control'), 'no-cache');
    for (const path of assets) {
        const answer = await stranger.plain('GET', path);
        assert.equal(answer.status, 200, path);
        assert.equal(answer.header('Cache-Control'), 'public, max-age=31536000, immutable', path);
    }
    const [, hash] = assets[0].split('/').slice(1);
    const other = hash.replace(/./g, (digit) => (digit === '0' ? '1' : '0'));
    const gone = await stranger.plain('GET', assets[0].replace(hash, other));
    assert.equal(gone.status, 404);
    assert.doesNotMatch(gone.header('Cache-Control'), /immutable/);
});

test('a second load asks for nothing that it has', () =>
    withPage('/', undefined, async (page, load) => {
        await load();
        const again = await weigh(page, () => page.reload());
        const asked = again.filter(({ url, bytes }) => bytes > 0 && new URL(url).pathname !== '/');
        assert.deepEqual(asked.filter(({ url }) => url.includes('/assets/')), []);
    }));

test('no page has a script or a style within it, and none is allowed', async () => {
    for (const path of ['/', '/problems', '/there-is-no-such-page']) {
        const answer = await stranger.plain('GET', path, { headers: [['Accept', 'text/html']] });
        const policy = answer.header('Content-Security-Policy');
        assert.match(policy, /^default-src 'none';/, path);
        assert.doesNotMatch(policy, /unsafe|data:|blob:|\*/, path);
        assert.doesNotMatch(answer.text(), /<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|javascript:/i, path);
    }
    assert.match((await stranger.plain('GET', '/')).header('Content-Security-Policy'), /require-trusted-types-for 'script'/);
});

test('a text can’t become markup, a script or a policy', () =>
    withPage('/', undefined, async (page, load) => {
        await load();
        const refused = await page.evaluate(() => {
            const attempts = {
                innerHTML: () => (document.createElement('p').innerHTML = '<b>bold</b>'),
                write: () => document.write('<b>bold</b>'),
                src: () => (document.createElement('script').src = '/icon.svg'),
                policy: () => trustedTypes.createPolicy('ours', { createHTML: (text) => text }),
            };
            return Object.entries(attempts)
                .filter(([, attempt]) => {
                    try {
                        attempt();
                        return false;
                    } catch (error) {
                        return error instanceof TypeError;
                    }
                })
                .map(([name]) => name);
        });
        assert.deepEqual(refused, ['innerHTML', 'write', 'src', 'policy']);
    }));

test('who hosts an image or is linked to learns nothing', () =>
    withPage(`/#/with/${bob.name}`, alice, async (page, load) => {
        const other = 'https://pictures.example/one.svg';
        await bob.send({ recipient: alice.name, type: 'image', url: other, width: 40, height: 40 });
        let headers;
        await page.route(other, async (route) => {
            headers = await route.request().allHeaders();
            await route.fulfill({ contentType: 'image/svg+xml', body: '<svg xmlns="http://www.w3.org/2000/svg"/>' });
        });
        await load();
        await page.waitForFunction((url) => [...document.images].some((image) => image.src === url && image.complete), other);
        assert.ok(headers, 'the image was not asked for');
        for (const name of ['referer', 'cookie', 'origin']) assert.equal(headers[name], undefined, name);
        const links = await page.locator('.message a').evaluateAll((found) =>
            found.map(({ rel, target, referrerPolicy }) => ({ rel, target, referrerPolicy })),
        );
        assert.equal(links.length, 3);
        for (const link of links) {
            assert.deepEqual(link, { rel: 'noopener noreferrer', target: '_blank', referrerPolicy: 'no-referrer' });
        }
    }));
