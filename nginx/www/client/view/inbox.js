// The list of conversations, with a field that finds one of them or starts a new one.

import { call } from '../api.js';
import { h, hidden, iconButton, labelledIcon, setChildren } from '../dom.js';
import { formatFull, formatShort, t } from '../text.js';
import { summary } from './message.js';
import { problemText } from './problem.js';
import { initial, nameOf } from './user.js';

export class InboxView {
    #chat;
    #rows = new Map(); // user name → { element, state }
    #list = h('ul', { class: 'conversations' });
    #hint = h('p', { class: 'hint', role: 'status' });
    #find = h('input', {
        id: 'find',
        type: 'search',
        maxlength: 32,
        autocomplete: 'off',
        autocapitalize: 'none',
        spellcheck: 'false',
        'aria-describedby': 'find-hint',
        oninput: () => this.#render(),
    });
    #more = h('button', { type: 'button', class: 'quiet', onclick: () => this.#loadMore() }, t('inbox.more'));

    constructor(chat) {
        this.#chat = chat;
        this.#hint.id = 'find-hint';
        this.element = h(
            'div',
            { class: 'list' },
            h(
                'header',
                {},
                h('h2', { tabindex: '-1' }, t('inbox.title')),
                h('a', { class: 'icon-button', href: '#/settings', title: t('settings.title') }, labelledIcon('settings', t('settings.title'))),
            ),
            h(
                'form',
                { role: 'search', onsubmit: (event) => this.#start(event) },
                h('label', { class: 'visually-hidden', for: 'find' }, t('inbox.find')),
                this.#find,
                iconButton('plus', t('inbox.start'), { type: 'submit' }),
                this.#hint,
            ),
            h('nav', { 'aria-label': t('inbox.title') }, this.#list, this.#more),
        );
        this.#find.placeholder = t('inbox.find');
        chat.inbox.addEventListener('change', () => this.#render());
        chat.addEventListener('change', () => this.#render());
        this.#render();
    }

    #render() {
        const { inbox, typing, shown } = this.#chat;
        const wanted = this.#find.value.trim().toLowerCase();
        const found = inbox.conversations.filter(
            ({ with: other }) => other.user_name.includes(wanted) || other.display_name.toLowerCase().includes(wanted),
        );
        const rows = found.map((conversation) => this.#row(conversation, typing.has(conversation.with.user_name), shown));
        setChildren(this.#list, rows);
        this.#more.hidden = !inbox.hasMore;
        if (inbox.loaded && !inbox.conversations.length) this.#hint.textContent = t('inbox.empty');
        else if (wanted && !found.length) this.#hint.textContent = t('inbox.none-found', { name: wanted });
        else this.#hint.textContent = '';
    }

    /** The row of a conversation, made anew only where it says something else than before. */
    #row(conversation, typing, shown) {
        const { with: other, last_message: message, unread } = conversation;
        const current = other.user_name === shown;
        const state = JSON.stringify([other, message, unread, typing, current, formatShort(new Date(conversation.last_at))]);
        const known = this.#rows.get(other.user_name);
        if (known?.state === state) return known.element;
        const at = new Date(conversation.last_at);
        const link = h(
            'a',
            { href: `#/with/${encodeURIComponent(other.user_name)}`, 'aria-current': current && 'page' },
            h('span', { class: 'avatar', 'aria-hidden': 'true' }, initial(other)),
            h('span', { class: 'name' }, h('bdi', {}, nameOf(other))),
            h('time', { datetime: conversation.last_at, title: formatFull(at) }, formatShort(at)),
            typing
                ? h('span', { class: 'typing' }, t('thread.typing-short'))
                : h('span', { class: 'summary' }, h('bdi', {}, summary(message, message.sender === this.#chat.me.user_name))),
            unread > 0 && h('span', { class: 'unread' }, unread.toLocaleString(), hidden(` ${t('inbox.unread', { count: unread })}`)),
        );
        // The same element stays, so that the focus does.
        const element = known?.element ?? h('li');
        const focused = element.contains(document.activeElement);
        element.replaceChildren(link);
        if (focused) link.focus();
        this.#rows.set(other.user_name, { element, state });
        return element;
    }

    async #loadMore() {
        try {
            await this.#chat.inbox.loadMore();
        } catch (error) {
            this.#hint.textContent = problemText(error);
        }
    }

    /** Opens the conversation with whoever is named in the field, if there is such a user. */
    async #start(event) {
        event.preventDefault();
        const name = this.#find.value.trim().toLowerCase();
        if (!name) {
            this.#find.focus();
            return;
        }
        if (name === this.#chat.me.user_name) {
            this.#hint.textContent = t('inbox.oneself');
            return;
        }
        try {
            if (!this.#chat.inbox.find(name)) await call('GET', `/users/${encodeURIComponent(name)}`);
            this.#find.value = '';
            this.#render();
            location.hash = `#/with/${encodeURIComponent(name)}`;
        } catch (error) {
            this.#hint.textContent = error.status === 404 ? t('inbox.no-such-user', { name }) : problemText(error);
        }
    }
}
