// Makes the pictures of docs/screenshots, on a stack that has nobody yet: `./dev screenshots` starts one. Names, words and times are fixed, so that
// a picture changes only where the client does.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, logIn, stack } from '../e2e/support/api.mjs';
import { sql } from '../e2e/support/stack.mjs';
import { launch } from './support/browser.mjs';
import { logInTo } from './support/people.mjs';

const [folder] = process.argv.slice(2);
const now = new Date('2026-05-16T18:42:00Z');
const password = 'a walk in the rain';

const sizes = [
    { width: 360, height: 740 },
    { width: 1280, height: 800 },
];
const schemes = ['light', 'dark'];

const people = {
    nora: 'Nora Lindqvist',
    emre: 'Emre Aydın',
    grandma: 'Grandma Rosa',
    jonas: 'Jonas',
    lea: 'Léa Moreau',
    tomasz: 'Tomasz 🚲',
    olena: 'Олена Ковальчук',
};

const text = (words) => ({ type: 'text', text: words });

/** The picture that a message shows; the stack serves it beside the client. */
const lake = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 220 1200 480">
<linearGradient id="sky" x2="0" y1=".45" y2="1"><stop stop-color="#3d6f8e"/><stop offset=".55" stop-color="#e9b98a"/><stop offset="1" stop-color="#f6dfb8"/></linearGradient>
<linearGradient id="water" x2="0" y2="1"><stop stop-color="#d9a57c"/><stop offset="1" stop-color="#2b4c5f"/></linearGradient>
<path fill="url(#sky)" d="M0 0h1200v470H0z"/><circle cx="820" cy="330" r="44" fill="#fff3d6"/>
<path fill="#5f7f8c" d="M0 400l180-110 150 80 210-120 230 120 150-80 280 130v60H0z"/>
<path fill="#35545c" d="M0 450l240-80 210 60 260-70 250 70 240-50v110H0z"/>
<path fill="url(#water)" d="M0 470h1200v330H0z"/>
<path fill="none" stroke="#ffe9c4" stroke-width="5" opacity=".6" d="M770 490h100m-130 26h160m-180 34h190m-140 40h110m-80 50h60"/>
<path fill="#1d2f33" d="M250 640h220l-34 46H290zM350 640v-130l90 118z"/>
</svg>`;

// Who says what, and when; the newest conversation stands first. `unread` is how many of the last Nora hasn't read, `read` whether the other has
// read all.
const conversations = [
    {
        other: 'emre',
        read: true,
        messages: [
            ['emre', '2026-05-14T19:05', text('Are we still going to the lake on Saturday?')],
            ['nora', '2026-05-14T19:11', text('Of course! The train at 8:14, platform 3.')],
            ['emre', '2026-05-14T19:12', text('Perfect. I’ll bring the bread, you bring the cheese 🧀')],
            ['emre', '2026-05-15T21:30', { type: 'video', url: 'https://www.youtube.com/watch?v=aqz-KE-bpKQ', duration_s: 634, text: 'For the train: the rabbit film' }],
            ['nora', '2026-05-15T21:48', text('Ten minutes of rabbit, just the right length.')],
            ['nora', '2026-05-16T17:20', { type: 'image', url: `${stack.url}/lake.svg`, width: 1200, height: 480, text: 'Look what the light did after you left' }],
            ['emre', '2026-05-16T18:31', text('Oh, that’s beautiful. May I have it for my wall?')],
            ['nora', '2026-05-16T18:40', text('Already ordered a print for you. Next Saturday again?')],
        ],
    },
    {
        other: 'grandma',
        unread: 2,
        messages: [
            ['nora', '2026-05-16T15:02', text('How is the garden?')],
            ['grandma', '2026-05-16T16:10', text('The peonies are out at last.')],
            ['grandma', '2026-05-16T16:12', text('Come on Sunday, there is rhubarb cake.')],
        ],
    },
    { other: 'lea', unread: 1, messages: [['lea', '2026-05-16T12:26', text('C’est noté, à mardi ! 🎻')]] },
    { other: 'jonas', messages: [['jonas', '2026-05-15T18:03', text('Can you lend me the drill?')], ['nora', '2026-05-15T18:20', text('It hangs on your door handle.')]] },
    { other: 'olena', messages: [['olena', '2026-05-13T09:47', text('Дякую за фото, дуже гарно!')]] },
    { other: 'tomasz', messages: [['tomasz', '2026-05-11T20:15', { type: 'image', url: `${stack.url}/lake.svg`, width: 1200, height: 480 }]] },
];

writeFileSync(join(stack.folder, 'www', 'lake.svg'), lake);
const clients = {};
for (const [name, display_name] of Object.entries(people)) {
    const answer = await new Client().post('/users', { user_name: name, password, display_name });
    if (answer.status !== 201) throw new Error(String(answer));
    clients[name] = await logIn({ name, password });
}
for (const { other, unread = 0, read, messages } of conversations) {
    let conversation;
    for (const [i, [sender, , message]] of messages.entries()) {
        const recipient = sender === 'nora' ? other : 'nora';
        const stored = await clients[sender].send({ recipient, ...message });
        [conversation] = stored.id.split('-');
        const time = `${messages[i][1].replace('T', ' ')}:00`;
        sql(`UPDATE messages SET created_at = '${time}' WHERE conversation_id = ${conversation} AND seq = ${stored.seq};
             UPDATE conversations SET last_at = '${time}' WHERE id = ${conversation}`);
    }
    if (messages.length > unread) await clients.nora.put(`/conversations/${other}/read`, { seq: messages.length - unread });
    if (read) await clients[other].put('/conversations/nora/read', { seq: messages.length });
}

const pages = [
    { name: 'login', path: '/', ready: '#log-in-form' },
    { name: 'inbox', path: '/', client: clients.nora, ready: '.conversations .unread' },
    { name: 'conversation', path: '/#/with/emre', client: clients.nora, ready: '.message:nth-last-child(1) .mark.read' },
];

mkdirSync(folder, { recursive: true });
const browser = await launch();
for (const viewport of sizes) {
    for (const colorScheme of schemes) {
        for (const { name, path, client, ready } of pages) {
            const context = await browser.newContext({
                ignoreHTTPSErrors: true,
                viewport,
                colorScheme,
                hasTouch: viewport.width < 600,
                locale: 'en-GB',
                timezoneId: 'Europe/Berlin',
                reducedMotion: 'reduce',
            });
            if (client) await logInTo(context, client);
            const page = await context.newPage();
            await page.clock.setFixedTime(now);
            await page.goto(stack.url + path);
            await page.locator(ready).first().waitFor();
            await page.waitForFunction(() => [...document.images].every((image) => image.complete || image.loading === 'lazy'));
            await page.waitForLoadState('networkidle');
            const picture = join(folder, `${name}-${viewport.width}-${colorScheme}.png`);
            await page.screenshot({ path: picture, caret: 'hide', animations: 'disabled' });
            console.error(picture);
            await context.close();
        }
    }
}
await browser.close();
