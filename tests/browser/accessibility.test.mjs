// Each page, in each state that it can be in, for those who don't see, hear or point as most do: WCAG 2.2 as far as a program can tell.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newcomer, stack, uniqueName } from '../e2e/support/api.mjs';
import { sql } from '../e2e/support/stack.mjs';
import {
    assertAccessible,
    assertFocusIsVisible,
    assertFocusShows,
    assertNoSidewaysScrolling,
    assertTargetsAreLargeEnough,
} from './support/accessibility.mjs';
import { launch } from './support/browser.mjs';
import { conversationOf, logInTo } from './support/people.mjs';

const widths = [360, 1280];
const schemes = ['light', 'dark'];
const picture = `${stack.url}/icon.svg`;
let browser, alice, bob, conversation, long;

before(async () => {
    browser = await launch();
    long = await conversationOf(400);
    [alice, bob] = [await newcomer('alice', { display_name: 'Alice 🌿' }), await newcomer('bob', { display_name: 'בוב Bob' })];
    // Of every kind one, over three days.
    const say = (from, to, message) => from.send({ recipient: to.name, ...message });
    const text = (words) => ({ type: 'text', text: words });
    const first = await say(alice, bob, text('Good morning! Have a look at https://example.org/a?b=c, will you?'));
    await say(bob, alice, text('שלום, how are you?\n\nFine, thanks.'));
    await say(alice, bob, { type: 'image', url: picture, width: 640, height: 480, text: 'Our mark' });
    await say(bob, alice, { type: 'image', url: `${stack.url}/nothing.png`, width: 320, height: 200 });
    await say(bob, alice, { type: 'video', url: 'https://youtu.be/aqz-KE-bpKQ', duration_s: 634, text: 'A rabbit' });
    await say(alice, bob, { type: 'video', url: 'https://vimeo.com/1084537', duration_s: 596 });
    const edited = await say(alice, bob, text('To be edited'));
    const deleted = [await say(alice, bob, text('To be deleted')), await say(bob, alice, text('This too'))];
    await alice.call('PATCH', `/messages/${edited.id}`, { json: { text: 'Was edited' } });
    await alice.delete(`/messages/${deleted[0].id}`);
    await bob.delete(`/messages/${deleted[1].id}`);
    await say(alice, bob, text('Are you there?'));
    conversation = first.id.split('-')[0];
    sql(`UPDATE messages SET created_at = created_at - INTERVAL 2 DAY WHERE conversation_id = ${conversation} AND seq <= 2;
         UPDATE messages SET created_at = created_at - INTERVAL 1 DAY WHERE conversation_id = ${conversation} AND seq BETWEEN 3 AND 6`);
});

after(() => browser?.close());

/** A page, logged in as `client` where one is given; `options` are the context's. */
async function open(path, client, options = {}) {
    const context = await browser.newContext({ ignoreHTTPSErrors: true, ...options });
    if (client) await logInTo(context, client);
    const page = await context.newPage();
    await page.goto(stack.url + path);
    return page;
}

/** What holds of each state of each page, in both schemes and at both widths. */
async function assertGood(page, what) {
    for (const width of widths) {
        await page.setViewportSize({ width, height: 740 });
        for (const colorScheme of schemes) {
            await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
            await assertAccessible(page, `${what}, ${width} px, ${colorScheme}`);
        }
        await assertNoSidewaysScrolling(page, `${what}, ${width} px`);
        await assertTargetsAreLargeEnough(page, `${what}, ${width} px`);
    }
    await page.setViewportSize({ width: 320, height: 640 });
    await assertNoSidewaysScrolling(page, `${what}, 320 px`);
}

async function withPage(path, client, check, options) {
    const page = await open(path, client, options);
    try {
        await check(page);
    } finally {
        await page.context().close();
    }
}

const sel = {
    welcome: '#log-in-form',
    list: '.conversations li',
    message: '.message',
};

test('logging in and signing up', () =>
    withPage('/', undefined, async (page) => {
        await page.locator(sel.welcome).waitFor();
        await assertGood(page, 'welcome');
        await page.fill('#user-name', 'nobody-at-all');
        await page.fill('#password', 'nothing at all');
        await page.click('#log-in-form button');
        await page.locator('.notice.shown').waitFor();
        await assertGood(page, 'welcome, refused');
        await page.fill('#new-user-name', uniqueName('user'));
        await page.fill('#new-password', 'password');
        await page.click('#sign-up-form button');
        await page.locator('.field-error').waitFor();
        await assertGood(page, 'welcome, with an error at a field');
    }));

test('the notice that answers a form', () =>
    withPage('/#invalid-credentials', undefined, async (page) => {
        await page.locator('#invalid-credentials').waitFor();
        await assertGood(page, 'a notice');
    }));

test('an empty inbox, and one with conversations', async () => {
    const hermit = await newcomer('hermit');
    await withPage('/', hermit, async (page) => {
        await page.getByText('Nobody has written yet').waitFor();
        await assertGood(page, 'empty inbox');
    });
    await withPage('/', bob, async (page) => {
        await page.locator(sel.list).waitFor();
        await page.locator('.unread').waitFor();
        await assertGood(page, 'inbox');
        await page.fill('#find', 'nobody-at-all');
        await page.press('#find', 'Enter');
        await page.getByText('There is no user named').waitFor();
        await assertGood(page, 'inbox, nobody found');
    });
});

test('a conversation with a message of each kind', () =>
    withPage(`/#/with/${bob.name}`, alice, async (page) => {
        await page.locator(sel.message).nth(9).waitFor();
        await page.locator('.missing').waitFor();
        assert.equal(await page.locator('.day').count(), 3);
        await assertGood(page, 'conversation');
        await page.locator('.message.mine').first().hover();
        await page.locator('.actions').waitFor();
        await assertGood(page, 'conversation, with the buttons of a message');
        for (const width of widths) {
            await page.setViewportSize({ width, height: 740 });
            await page.locator('.message.mine').first().hover();
            const { x } = await page.locator('.actions').boundingBox();
            const log = await page.locator('.log').boundingBox();
            assert.ok(x >= log.x, `the buttons of a message stand ${log.x - x} px off the screen, ${width} px wide`);
        }
        await page.locator('.actions button').first().click();
        await page.locator('.editing').waitFor();
        await assertGood(page, 'conversation, editing');
    }));

test('the line above what is unread', () =>
    withPage(`/#/with/${alice.name}`, bob, async (page) => {
        await page.locator('.first-unread').waitFor();
        await assertGood(page, 'conversation, unread');
    }));

test('messages on their way, waiting and refused', () =>
    withPage(`/#/with/${bob.name}`, alice, async (page) => {
        await page.locator(sel.message).nth(9).waitFor();
        const problem = { type: '/problems#blocked', title: 'Blocked', status: 403, detail: 'Blocked.' };
        const answers = [
            (route) => route.fulfill({ status: 403, contentType: 'application/problem+json', body: JSON.stringify(problem) }),
            (route) => route.abort(),
            () => {}, // an answer that never comes
        ];
        const states = ['refused', 'waiting', 'sending'];
        for (const [i, answer] of answers.entries()) {
            await page.unroute('**/api/v1/messages');
            await page.route('**/api/v1/messages', answer);
            await page.fill('#composer', `Message ${i}`);
            await page.press('#composer', 'Enter');
            if (states[i] === 'sending') await page.locator('.message.waiting button').first().click();
            await page.locator(`.message.${states[i]}`).first().waitFor();
            await assertGood(page, `conversation, ${states[i]}`);
        }
    }));

test('no connection', () =>
    withPage(`/#/with/${bob.name}`, alice, async (page) => {
        await page.locator(sel.message).nth(9).waitFor();
        await page.context().setOffline(true);
        await page.getByText('No connection').waitFor();
        await assertGood(page, 'offline');
    }));

test('the button that leads to the newest message', () =>
    withPage(`/#/with/${long.bob.name}`, long.alice, async (page) => {
        await page.locator('[data-seq="400"]').waitFor();
        await page.locator('.log').evaluate((log) => (log.scrollTop -= 1500));
        await page.locator('.jump').waitFor();
        await assertGood(page, 'conversation, scrolled back');
    }));

test('a conversation with nobody, and with somebody blocked', async () => {
    await withPage('/#/with/nobody-at-all', alice, async (page) => {
        await page.locator('.thread-notice').getByText('no user').waitFor();
        await assertGood(page, 'no such user');
    });
    const [carol, dave] = [await newcomer('carol'), await newcomer('dave')];
    await carol.sendTexts(dave.name, 1);
    await withPage(`/#/with/${dave.name}`, carol, async (page) => {
        await page.locator(sel.message).waitFor();
        await page.click('.conversation > header > button');
        await page.locator('dialog').waitFor();
        await assertGood(page, 'asked whether to block');
        await page.click('dialog .danger');
        await page.locator('.closed').waitFor();
        await assertGood(page, 'conversation, blocked');
    });
});

test('the dialogs for an image and a video', () =>
    withPage(`/#/with/${bob.name}`, alice, async (page) => {
        await page.getByRole('button', { name: 'Send an image link' }).click();
        await page.fill('#image-url', picture);
        await page.press('#image-url', 'Tab');
        await page.locator('.preview img').waitFor();
        await assertGood(page, 'image dialog');
        await page.fill('#image-url', `${stack.url}/nothing.png`);
        await page.click('dialog form button:not(.quiet)');
        await page.locator('dialog .field-error').waitFor();
        await assertGood(page, 'image dialog, no image');
        await page.keyboard.press('Escape');
        await page.getByRole('button', { name: 'Send a video link' }).click();
        await page.fill('#video-url', 'https://www.youtube.com/watch?v=aqz-KE-bpKQ');
        await page.fill('#video-length', 'long');
        await page.click('dialog form button:not(.quiet)');
        await page.locator('dialog .field-error').waitFor();
        await assertGood(page, 'video dialog, no length');
    }));

test('the settings', () =>
    withPage('/#/settings', alice, async (page) => {
        await page.locator('.rows .tag').waitFor();
        await assertGood(page, 'settings');
    }));

test('the page of problems and the page of an error', async () => {
    await withPage('/problems#validation', undefined, async (page) => {
        await page.locator('#validation').waitFor();
        await assertGood(page, 'problems');
    });
    await withPage('/there-is-no-such-page', undefined, async (page) => {
        await page.getByText('Not found').first().waitFor();
        await assertGood(page, 'error page');
    });
});

test('the pages without JavaScript', async () => {
    await withPage('/plain', alice, async (page) => {
        await page.locator('.conversations li').first().waitFor();
        await assertGood(page, 'plain inbox');
    });
    await withPage(`/plain/${bob.name}`, alice, async (page) => {
        await page.locator(sel.message).first().waitFor();
        await assertGood(page, 'plain conversation');
        assert.ok((await assertFocusIsVisible(page, 'plain conversation')).length > 5);
    });
});

test('the Tab key reaches everything and shows where it is', async () => {
    await withPage('/', undefined, async (page) => {
        await page.locator(sel.welcome).waitFor();
        const names = await assertFocusIsVisible(page, 'welcome');
        assert.equal(names.length, 8, names.join('\n'));
    });
    await withPage(`/#/with/${bob.name}`, alice, async (page) => {
        await page.locator(sel.message).nth(9).waitFor();
        const names = await assertFocusIsVisible(page, 'conversation');
        for (const wanted of ['a skip', 'input find', 'div log', 'textarea composer', 'button icon-button send']) {
            assert.ok(names.includes(wanted), `${wanted} is not among\n${names.join('\n')}`);
        }
        await page.locator('.log').focus();
        await page.keyboard.press('ArrowUp');
        await page.keyboard.press('ArrowUp');
        await assertFocusShows(page, 'a message');
    });
    await withPage('/#/settings', alice, async (page) => {
        await page.locator('.rows .tag').waitFor();
        assert.ok((await assertFocusIsVisible(page, 'settings')).length > 10);
    });
    await withPage('/problems', undefined, async (page) => {
        assert.deepEqual(await assertFocusIsVisible(page, 'problems'), []);
    });
});

test('text of twice the size', async () => {
    const large = await launch({ args: ['--blink-settings=defaultFontSize=32'] });
    try {
        for (const path of ['/', `/#/with/${bob.name}`, '/#/settings', '/problems']) {
            const context = await large.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 740 } });
            if (path.includes('#')) await logInTo(context, alice);
            const page = await context.newPage();
            await page.goto(stack.url + path);
            const ready = { '/': sel.welcome, '/#/settings': '.rows .tag', '/problems': '.problem' }[path] ?? sel.message;
            await page.locator(ready).first().waitFor();
            assert.equal(await page.evaluate(() => parseFloat(getComputedStyle(document.body).fontSize)), 32);
            for (const width of [1280, 640]) {
                await page.setViewportSize({ width, height: 740 });
                await assertNoSidewaysScrolling(page, `${path}, ${width} px`);
                const clipped = await page.evaluate(() =>
                    [...document.querySelectorAll('button, a.button, label, h3, .hint, .unread')]
                        .filter((element) => element.checkVisibility() && !element.matches('.visually-hidden'))
                        .filter(({ scrollWidth, clientWidth, scrollHeight, clientHeight }) =>
                            clientWidth && (scrollWidth > clientWidth + 1 || scrollHeight > clientHeight + 1),
                        )
                        .map(({ outerHTML }) => outerHTML.slice(0, 100)),
                );
                assert.deepEqual(clipped, [], `clipped on ${path}, ${width} px`);
            }
            await context.close();
        }
    } finally {
        await large.close();
    }
});

test('colours of the reader’s own', () =>
    withPage(`/#/with/${bob.name}`, alice, async (page) => {
        await page.emulateMedia({ forcedColors: 'active' });
        await page.locator(sel.message).nth(9).waitFor();
        // Backgrounds are the system's then, so whatever stands out by its background alone must do so by a line.
        for (const name of ['.message', '.conversations a[aria-current]', '.composer .send', '.composer textarea', '.avatar']) {
            const line = await page.locator(name).first().evaluate((element) => {
                const { borderTopStyle, borderTopWidth, outlineStyle } = getComputedStyle(element);
                return (borderTopStyle !== 'none' && parseFloat(borderTopWidth) > 0) || outlineStyle !== 'none';
            });
            assert.ok(line, `${name} has no line around it`);
        }
        await page.locator('.log').focus();
        await page.keyboard.press('ArrowUp');
        await assertFocusShows(page, 'a message in forced colours');
    }));

test('nothing moves for who wants less motion', () =>
    withPage(`/#/with/${bob.name}`, alice, async (page) => {
        await page.locator(sel.message).nth(9).waitFor();
        await page.evaluate(() => {
            window.moved = [];
            for (const name of ['animationstart', 'transitionstart']) {
                document.addEventListener(name, (event) => window.moved.push(`${name} ${event.target.className}`), true);
            }
        });
        await page.route('**/api/v1/messages', () => {});
        const send = async (text) => {
            await page.fill('#composer', text);
            await page.press('#composer', 'Enter');
            await page.locator('.message.pending').getByText(text).waitFor();
        };
        await page.emulateMedia({ reducedMotion: 'reduce' });
        await send('without motion');
        assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
        assert.deepEqual(await page.evaluate(() => window.moved), []);
        // The same with motion, so that the check above can fail.
        await page.emulateMedia({ reducedMotion: 'no-preference' });
        await send('with motion');
        await page.waitForFunction(() => window.moved.length > 0);
    }));
