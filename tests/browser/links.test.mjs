// Images, videos and addresses in a text: what is sent, what is shown, and what other hosts get to know.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before } from 'node:test';
import { stack } from '../e2e/support/api.mjs';
import { bubble, converse, scene, says, status, write } from './support/chat.mjs';

// Somebody's images: one of 1200 × 400 pixels at each address but /missing; that at /slow comes once it is let go.
const requests = [];
const slow = { held: undefined, release: undefined };
const images = createServer(async ({ url, headers }, response) => {
    requests.push({ url, headers });
    if (url.startsWith('/missing')) return response.writeHead(404).end();
    if (url === '/slow') await slow.held;
    const picture = '<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="400"><path fill="#39c" d="M0 0h1200v400H0z"/></svg>';
    return response.writeHead(200, { 'Content-Type': 'image/svg+xml' }).end(picture);
});
let host;
before(async () => {
    await new Promise((resolve) => images.listen(0, '127.0.0.1', resolve));
    host = `http://127.0.0.1:${images.address().port}`;
});
after(() => images.close().closeAllConnections());

const newest = async (client, other) => (await client.read(`/messages?with=${other}&per_page=1&page=1`)).messages[0];

scene('an image link is measured, sent and shown', async (stage) => {
    const ada = await stage.person('ada');
    const bob = await stage.person('bob');
    const { page } = ada;
    await converse(page, bob.name);
    const opener = page.getByRole('button', { name: 'Send an image link' });
    await opener.click();
    const dialog = page.getByRole('dialog', { name: 'Send an image link' });
    assert.equal(await page.evaluate(() => document.activeElement.id), 'image-url');
    await page.fill('#image-url', `${host}/picture?one`);
    await page.fill('#caption', 'The lake');
    await dialog.getByText('1,200 × 400 pixels').waitFor();
    await dialog.getByRole('button', { name: 'Send' }).click();
    await dialog.waitFor({ state: 'detached' });
    await bubble(page, 'The lake').locator('.mark').waitFor();
    const { type, url, width, height, text } = await newest(ada.client, bob.name);
    assert.deepEqual({ type, url, width, height, text }, { type: 'image', url: `${host}/picture?one`, width: 1200, height: 400, text: 'The lake' });

    await converse(bob.page, ada.name);
    const image = bob.page.getByRole('img', { name: /^Image: .The lake/ });
    await image.waitFor();
    await bob.page.waitForFunction(() => document.querySelector('.image img').complete);
    assert.equal(await image.evaluate((one) => one.naturalWidth), 1200);
    const link = bob.page.locator('.image a');
    assert.equal(await link.getAttribute('href'), `${host}/picture?one`);
    assert.equal(await link.getAttribute('rel'), 'noopener noreferrer');
    assert.ok(requests.length >= 2);
    for (const { headers } of requests) assert.equal(headers.referer, undefined, 'whoever has the image learns where it was linked');

    // The caption is edited like a text, and taken away.
    await bubble(page, 'The lake').hover();
    await page.getByRole('button', { name: 'Edit message' }).click();
    await write(page, 'The sea');
    await bubble(bob.page, 'The sea').waitFor();
    await bubble(page, 'The sea').hover();
    await page.getByRole('button', { name: 'Edit message' }).click();
    await write(page, '');
    await bob.page.getByRole('img', { name: 'Image', exact: true }).waitFor();
    assert.equal((await newest(ada.client, bob.name)).text, undefined);
});

scene('an address without an image is not sent', async (stage) => {
    stage.expectErrors(status(404));
    const ada = await stage.person('ada');
    const bob = await stage.person('bob');
    const { page } = ada;
    await converse(page, bob.name);
    await page.getByRole('button', { name: 'Send an image link' }).click();
    const dialog = page.getByRole('dialog');
    await page.fill('#image-url', `${host}/missing`);
    await page.press('#image-url', 'Tab');
    await dialog.getByText('No image could be loaded from there.').waitFor();
    await dialog.getByRole('button', { name: 'Send' }).click();
    await says(page, '#image-url-error', 'There is no image to be seen at that address.');
    for (const url of ['javascript:alert(1)', 'data:image/svg+xml,<svg/>', `ftp://${host}/a.png`, 'no address']) {
        await page.fill('#image-url', url);
        await dialog.getByRole('button', { name: 'Send' }).click();
        assert.equal(await page.locator('#image-url:invalid').count(), 1, url);
    }
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
    assert.equal((await ada.client.read(`/messages?with=${bob.name}`)).messages.length, 0);
});

scene('the space of an image is there before the image', async (stage) => {
    const ada = await stage.person('ada');
    const bob = await stage.person('bob', { viewport: { width: 360, height: 740 } });
    slow.held = new Promise((resolve) => (slow.release = resolve));
    await ada.client.send({ recipient: bob.name, type: 'image', url: `${host}/slow`, width: 1200, height: 400 });
    await ada.client.send({ recipient: bob.name, type: 'text', text: 'below it' });
    await converse(bob.page, ada.name);
    const image = bob.page.locator('.image img');
    const places = async () => [await image.boundingBox(), await bubble(bob.page, 'below it').boundingBox()];
    const before = await places();
    assert.equal(await image.evaluate((one) => one.naturalWidth), 0, 'it was not held up');
    assert.ok(before[0].width > 200 && Math.abs(before[0].width / before[0].height - 3) < 0.05, JSON.stringify(before[0]));
    slow.release();
    await bob.page.waitForFunction(() => document.querySelector('.image img').naturalWidth === 1200);
    assert.deepEqual(await places(), before);
});

scene('an image that is gone is a link that says so', async (stage) => {
    stage.expectErrors(status(404));
    const ada = await stage.person('ada');
    const bob = await stage.person('bob');
    await ada.client.send({ recipient: bob.name, type: 'image', url: `${host}/missing`, width: 640, height: 480 });
    await converse(bob.page, ada.name);
    await bob.page.getByText('This image can’t be loaded.').waitFor();
    assert.equal(await bob.page.locator('.image a').getAttribute('href'), `${host}/missing`);
    assert.equal(await bob.page.locator('.image img').count(), 0);
});

/** Answers all that goes to another host than ours, and keeps a list of it. */
async function watchOthers(page) {
    const others = [];
    await page.context().route(
        (url) => url.host !== new URL(stack.url).host,
        async (route) => {
            others.push({ url: route.request().url(), headers: await route.request().allHeaders() });
            await route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>elsewhere</title>' });
        },
    );
    return others;
}

const video = 'https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=3s';

scene('a video link is a card with its length, and nobody else hears of it before the click', async (stage) => {
    const ada = await stage.person('ada');
    const bob = await stage.person('bob');
    const { page } = ada;
    const others = { ada: await watchOthers(page), bob: await watchOthers(bob.page) };
    await converse(page, bob.name);
    await page.getByRole('button', { name: 'Send a video link' }).click();
    const dialog = page.getByRole('dialog', { name: 'Send a video link' });
    await page.fill('#video-url', video);
    await dialog.getByText(/^A video on .YouTube/).waitFor();
    await page.fill('#caption', 'Listen');
    for (const [length, error] of [
        ['three minutes', 'Give the length as minutes and seconds, like 3:32.'],
        ['0:00', 'A video is between a second and a week long.'],
        ['604801', 'A video is between a second and a week long.'],
    ]) {
        await page.fill('#video-length', length);
        await dialog.getByRole('button', { name: 'Send' }).click();
        await says(page, '#video-length-error', error);
    }
    await page.fill('#video-length', '3:32');
    await dialog.getByRole('button', { name: 'Send' }).click();
    await bubble(page, 'Listen').locator('.mark').waitFor();
    const { type, url, duration_s, source } = await newest(ada.client, bob.name);
    assert.deepEqual({ type, url, duration_s, source }, { type: 'video', url: video, duration_s: 212, source: 'youtube' });

    await converse(bob.page, ada.name);
    const card = bob.page.locator('.video');
    await card.waitFor();
    assert.equal(await card.locator('.title').textContent(), 'YouTube');
    assert.match(await card.locator('.length').textContent(), /^3:32/);
    assert.equal(await card.getByRole('link').getAttribute('href'), video);
    await bob.page.waitForLoadState('networkidle');
    assert.deepEqual(others, { ada: [], bob: [] });

    await card.getByRole('button').click();
    const player = card.locator('iframe');
    await player.waitFor();
    await bob.page.frameLocator('.video iframe').locator('html').waitFor();
    assert.deepEqual(
        others.bob.map((request) => request.url),
        ['https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?autoplay=1'],
    );
    assert.equal(others.bob[0].headers.referer, `${stack.url}/`, 'the player plays for a site, and is told no more than that');
    assert.equal(await player.getAttribute('title'), 'Listen');
    assert.equal(await bob.page.evaluate(() => document.activeElement.tagName), 'IFRAME');
    assert.deepEqual(others.ada, []);
});

scene('a video elsewhere, and an address in a text, open in a page that knows nothing of this one', async (stage) => {
    const ada = await stage.person('ada');
    const bob = await stage.person('bob');
    const others = await watchOthers(bob.page);
    await ada.client.send({ recipient: bob.name, type: 'video', url: 'https://vimeo.com/76979871', duration_s: 3725 });
    await ada.client.send({ recipient: bob.name, type: 'text', text: 'See (https://example.org/a?b=c), or http://example.net/path.' });
    await converse(bob.page, ada.name);
    const card = bob.page.locator('.video a');
    assert.equal(await card.locator('.title').textContent(), 'Vimeo');
    assert.match(await card.locator('.length').textContent(), /^1:02:05/);
    const links = bob.page.locator('.text a');
    assert.deepEqual(await links.allTextContents(), ['https://example.org/a?b=c', 'http://example.net/path']);
    assert.deepEqual(others, []);
    for (const [link, address] of [
        [card, 'https://vimeo.com/76979871'],
        [links.first(), 'https://example.org/a?b=c'],
    ]) {
        const opened = bob.page.context().waitForEvent('page');
        await link.click();
        const other = await opened;
        await other.waitForLoadState();
        assert.equal(other.url(), address);
        assert.equal(await other.evaluate(() => window.opener), null);
        assert.equal(await other.evaluate(() => document.referrer), '');
        assert.equal(others.at(-1).headers.referer, undefined);
        await other.close();
    }
});
