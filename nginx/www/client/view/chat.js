// The chat: the list of conversations, one of them or the settings beside it, and what keeps them up to date.

import { get } from '../api.js';
import { h, icon } from '../dom.js';
import { LiveChannel } from '../live.js';
import { Inbox } from '../model/inbox.js';
import { Outbox } from '../model/outbox.js';
import { t } from '../text.js';
import { ConversationView } from './conversation.js';
import { InboxView } from './inbox.js';
import { notify } from './notifications.js';
import { SettingsView } from './settings.js';

const shownTyping = 5_000;
const patience = 2_000; // a connection that is back by then was never missed

/**
 * Shows the chat of `me` until `close` is called on what this returns. `logOut()` is called once the user has logged out.
 */
export function showChat(me, logOut) {
    const chat = new Chat(me, logOut);
    chat.open();
    return chat;
}

/** What the views share: the user, the models, and who is typing or blocked. Events: `change` of the latter two. */
class Chat extends EventTarget {
    typing = new Map(); // user name → timer
    blocked = new Set();
    isLeaving = false;
    #element = document.getElementById('chat');
    #content = h('div', { id: 'content', tabindex: '-1' });
    #banner = h('p', { class: 'banner', role: 'status' });
    #view;
    #live = new LiveChannel();
    #offlineTimer;
    #cleanup = new AbortController();

    constructor(me, logOut) {
        super();
        this.me = me;
        this.logOut = () => {
            this.close();
            logOut();
        };
        this.inbox = new Inbox(me);
        this.outbox = new Outbox(me);
    }

    open() {
        const { signal } = this.#cleanup;
        const list = new InboxView(this);
        this.#element.replaceChildren(
            h('a', { class: 'skip', href: '#content', onclick: (event) => this.#skip(event) }, t('chat.skip')),
            h('h1', { class: 'visually-hidden' }, t('app.title')),
            this.#banner,
            list.element,
            this.#content,
        );
        this.#element.hidden = false;

        this.inbox.addEventListener('change', () => this.#showUnread(), { signal });
        this.outbox.addEventListener('stored', ({ detail }) => this.#take(detail.item.recipient, detail.message), { signal });
        this.#live.addEventListener('event', ({ detail }) => this.#hear(detail), { signal });
        this.#live.addEventListener('catch-up', () => this.#catchUp(), { signal });
        this.#live.addEventListener('connection', ({ detail }) => this.#showConnection(detail), { signal });
        window.addEventListener('hashchange', () => this.#route(true), { signal });

        this.#route(false);
        this.#live.start();
        this.outbox.start();
        this.#catchUp();
    }

    /** Awaits `call`, which ends the session: what learns of that meanwhile, the live channel first, has no need to tell the user. */
    async endSession(call) {
        this.isLeaving = true;
        this.#live.stop();
        try {
            await call();
        } catch (error) {
            this.isLeaving = false;
            this.#live.start();
            throw error;
        }
    }

    close() {
        this.#cleanup.abort();
        this.#live.stop();
        this.outbox.stop();
        this.#view?.close();
        for (const timer of this.typing.values()) clearTimeout(timer);
        clearTimeout(this.#offlineTimer);
        this.#closeDialogs();
        this.#element.hidden = true;
        this.#element.replaceChildren();
        document.title = t('app.title');
    }

    /** What a dialog asks belongs to what was shown below it. */
    #closeDialogs() {
        for (const dialog of document.querySelectorAll('dialog')) dialog.close();
    }

    #changed() {
        this.dispatchEvent(new Event('change'));
    }

    #skip(event) {
        event.preventDefault(); // the address is ours
        this.#content.focus();
    }

    /** The address after # says what is shown: /with/<user name>, /settings, or nothing. */
    #route(moveFocus) {
        const [, place, name] = location.hash.slice(1).split('/');
        this.#closeDialogs();
        this.#view?.close();
        this.#view = undefined;
        if (place === 'with' && /^[\w.-]{1,32}$/.test(name)) this.#view = new ConversationView(this, name.toLowerCase());
        else if (place === 'settings') this.#view = new SettingsView(this);
        this.#element.dataset.shows = this.#view ? 'main' : 'list';
        this.#content.replaceChildren(this.#view?.element ?? h('p', { class: 'nothing' }, icon('bubble'), t('chat.choose')));
        if (this.#view) this.#view.opened(moveFocus);
        else if (moveFocus) this.#element.querySelector('.list h2').focus();
        this.#changed();
    }

    /** The user name of the conversation that is shown, if one is. */
    get shown() {
        return this.#view?.other;
    }

    #take(userName, message) {
        this.inbox.takeMessage(userName, message);
        this.#view?.take?.(userName, message);
    }

    #hear(event) {
        const { type, with: userName, message } = event;
        if (type === 'message') {
            if (message.sender === this.me.user_name) this.outbox.noteArrival(message);
            else notify(this, userName, message);
            this.#setTyping(userName, false);
            this.#take(userName, message);
        } else if (type === 'message.edited' || type === 'message.deleted') {
            this.inbox.replaceMessage(userName, message);
            this.#view?.replace?.(userName, message);
        } else if (type === 'read') {
            this.inbox.takeReadMark(userName, event.reader, event.seq);
        } else if (type === 'typing') {
            this.#setTyping(userName, true);
        }
    }

    #setTyping(userName, typing) {
        clearTimeout(this.typing.get(userName));
        if (typing) this.typing.set(userName, setTimeout(() => this.#setTyping(userName, false), shownTyping));
        else if (!this.typing.delete(userName)) return;
        this.#changed();
    }

    /** Asks for all that is on the screen. What fails is asked for again at the next reconnection, or within a minute. */
    #catchUp() {
        const asked = [this.inbox.refresh(), this.#view?.refresh?.(), this.#readBlocks()];
        Promise.all(asked).then(
            () => this.#showConnection(true),
            (error) => error.isTemporary && this.#showConnection(false),
        );
        this.outbox.retryWaiting();
    }

    async #readBlocks() {
        const { blocks } = await get('/blocks');
        this.setBlocked(blocks.map(({ user_name }) => user_name));
    }

    setBlocked(names) {
        this.blocked = new Set(names);
        this.#changed();
    }

    #showUnread() {
        const { unread } = this.inbox;
        document.title = unread ? `(${unread.toLocaleString()}) ${t('app.title')}` : t('app.title');
    }

    #showConnection(connected) {
        clearTimeout(this.#offlineTimer);
        if (connected) this.#banner.textContent = '';
        else if (!this.#banner.textContent) {
            this.#offlineTimer = setTimeout(() => (this.#banner.textContent = t('chat.offline')), patience);
        }
    }
}
