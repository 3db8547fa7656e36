// Scenes for two browsers: who takes part, what they do in the chat, and what a browser complains of, which nobody expected.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newcomer, stack } from '../../e2e/support/api.mjs';
import { launch } from './browser.mjs';

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

/** How long the page may take for what is asked of it, milliseconds. */
export const patience = 15_000;

/** A test that `play(stage)` performs. It fails where a page throws, or writes an error that the stage does not expect. */
export function scene(name, play) {
    test(name, async () => {
        const stage = new Stage();
        try {
            await play(stage);
            assert.deepEqual(stage.surprises, [], 'errors in the browser');
        } finally {
            await stage.close();
        }
    });
}

/** The failed request that the console tells of, for `expectErrors`. */
export const status = (code) => new RegExp(`the server responded with a status of ${code}`);

/** What a browser keeps once `client` (of newcomer) has logged in there. */
const loggedInAs = ({ name, sessionToken }) => ({
    cookies: [
        {
            name: '__Host-session',
            value: sessionToken,
            domain: new URL(stack.url).hostname,
            path: '/',
            expires: -1,
            secure: true,
            httpOnly: true,
            sameSite: 'Lax',
        },
    ],
    origins: [{ origin: stack.url, localStorage: [{ name: 'sotto/user', value: name }] }],
});

class Stage {
    surprises = [];
    #expected = [];
    #contexts = [];

    /** Errors in the console that match one of these are part of the scene. */
    expectErrors(...patterns) {
        this.#expected.push(...patterns);
    }

    /** A context of its own. `options` are Playwright's. */
    async context(options = {}) {
        const context = await browser.newContext({
            ignoreHTTPSErrors: true,
            viewport: { width: 1280, height: 800 },
            locale: 'en-US',
            ...options,
        });
        context.setDefaultTimeout(patience);
        context.on('console', (message) => {
            if (message.type() === 'error') this.#note(`${message.text()} ${message.location().url}`);
        });
        context.on('weberror', (error) => this.#note(String(error.error().stack)));
        this.#contexts.push(context);
        return context;
    }

    #note(text) {
        if (!this.#expected.some((pattern) => pattern.test(text))) this.surprises.push(text);
    }

    /** A page in a context of its own, with nobody logged in. */
    async visitor(options) {
        const page = await (await this.context(options)).newPage();
        await page.goto(`${stack.url}/`);
        return page;
    }

    /** Somebody new, with a browser in which they are logged in: { page, name, client }, where `client` asks the API as they would. */
    async person(hint, { displayName, ...options } = {}) {
        const client = await newcomer(hint, displayName === undefined ? {} : { display_name: displayName });
        return this.browserOf(client, options);
    }

    /** A further browser of somebody who has one, or only the client, so far. */
    async browserOf(client, options) {
        const page = await (await this.context({ storageState: loggedInAs(client), ...options })).newPage();
        await page.goto(`${stack.url}/`);
        await page.locator('.list').waitFor();
        return { page, client, name: client.name };
    }

    async close() {
        await Promise.all(this.#contexts.map((context) => context.close()));
    }
}

/** Opens the conversation with `other` (user name) and waits for its messages. */
export async function converse(page, other) {
    await page.goto(`${stack.url}/#/with/${other}`);
    await page.locator('#composer').waitFor();
    await page.locator('.log > *').first().waitFor();
}

/** Writes a text and sends it. */
export async function write(page, text) {
    await page.fill('#composer', text);
    await page.press('#composer', 'Enter');
}

/** The bubble in which this text, and nothing else, stands. */
export const bubble = (page, text) => page.locator('.message').filter({ has: page.getByText(text, { exact: true }) });

/** What the log shows, in order: the texts of the messages. */
export const texts = (page) => page.locator('.message .text').allTextContents();

/** Waits until the text of what `selector` finds is exactly this. */
export function says(page, selector, text) {
    return page.waitForFunction(
        ([wanted, expected]) => document.querySelector(wanted)?.textContent.replace(/[\u2068\u2069]/g, '') === expected,
        [selector, text],
    );
}

/** Waits until the page's title is this. */
export const titled = (page, title) => page.waitForFunction((expected) => document.title === expected, title);
