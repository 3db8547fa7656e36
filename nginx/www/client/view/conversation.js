// One conversation: who it is with, the log of its messages, and the field to write in.

import { call, get, put, remove } from '../api.js';
import { announce, h, labelledIcon, setChildren } from '../dom.js';
import { Thread } from '../model/thread.js';
import { t } from '../text.js';
import { Composer } from './composer.js';
import { confirm } from './dialog.js';
import { Log } from './log.js';
import { summary } from './message.js';
import { problemText } from './problem.js';
import { nameOf } from './user.js';

export class ConversationView {
    #chat;
    #thread;
    #log;
    #composer;
    #user; // as the server knows them
    #cleanup = new AbortController();
    #name = h('bdi');
    #about = h('span', { class: 'about' });
    #block = h('button', { type: 'button', class: 'icon-button', onclick: () => this.#askToBlock() });
    #notice = h('div', { class: 'thread-notice', role: 'status' });
    #markedAs = 0; // the read mark that was sent last

    constructor(chat, other) {
        this.#chat = chat;
        this.other = other;
        this.#thread = new Thread(other);
        this.#log = new Log(chat, this.#thread, {
            onEdit: (message) => this.#composer.edit(message),
            onDelete: (message) => this.#delete(message),
            onSeen: () => this.#markRead(),
            onLeave: () => this.#composer.focus(),
        });
        this.#composer = new Composer(chat, other, {
            onSend: (content) => this.#send(content),
            onEdited: (message) => this.replace(other, message),
            lastOwn: () => this.#log.lastOwn(),
        });
        this.element = h(
            'section',
            { class: 'conversation', 'aria-labelledby': 'with' },
            h(
                'header',
                {},
                h('a', { class: 'icon-button back', href: '#/', title: t('thread.back') }, labelledIcon('back', t('thread.back'))),
                h('h2', { id: 'with', tabindex: '-1' }, this.#name),
                this.#about,
                this.#block,
            ),
            this.#notice,
            this.#log.element,
            this.#composer.element,
        );

        const { signal } = this.#cleanup;
        this.#thread.addEventListener('change', () => this.#render(), { signal });
        chat.outbox.addEventListener('change', () => this.#render(), { signal });
        chat.inbox.addEventListener('change', () => this.#render(), { signal });
        chat.addEventListener('change', () => this.#renderHead(), { signal });
        for (const event of ['focus', 'visibilitychange']) {
            (event === 'focus' ? window : document).addEventListener(event, () => this.#markRead(), { signal });
        }
        this.#renderHead();
    }

    close() {
        this.#cleanup.abort();
        this.#log.close();
    }

    /** Called once the element is in the page. */
    async opened(moveFocus) {
        if (moveFocus) {
            if (matchMedia('(pointer: fine)').matches) this.#composer.focus();
            else this.element.querySelector('h2').focus();
        }
        try {
            await this.refresh();
        } catch (error) {
            if (error.status !== 404) throw error;
        }
    }

    /** Asks for everything that is shown here. Temporary failures are left to the next catching up. */
    async refresh() {
        if (this.other === this.#chat.me.user_name) {
            this.#showNobody(t('inbox.oneself'));
            return;
        }
        try {
            const known = this.#chat.inbox.find(this.other)?.with ?? this.#user;
            if (!known) this.#user = await get(`/users/${encodeURIComponent(this.other)}`);
            this.#renderHead();
            await this.#thread.refresh();
            this.#notice.textContent = '';
        } catch (error) {
            if (error.status === 404) this.#showNobody(t('inbox.no-such-user', { name: this.other }));
            else this.#notice.textContent = problemText(error);
        }
    }

    #showNobody(why) {
        this.#notice.textContent = why;
        this.#composer.element.hidden = true;
        this.#block.hidden = true;
    }

    /** A new message, from the live channel or as the answer to sending it. */
    take(userName, message) {
        if (userName !== this.other) return;
        const isNew = message.seq > this.#thread.newest;
        this.#thread.take(message, this.#log.isFollowing);
        if (isNew && message.sender === this.other) {
            announce(t('thread.announce', { name: this.#displayName, text: summary(message, false) }));
        }
    }

    /** A message that was edited or deleted. */
    replace(userName, message) {
        if (userName === this.other) this.#thread.replace(message);
    }

    get #displayName() {
        const user = this.#chat.inbox.find(this.other)?.with ?? this.#user;
        return user ? nameOf(user) : this.other;
    }

    #render() {
        this.#renderHead();
        this.#log.render();
    }

    #renderHead() {
        const user = this.#chat.inbox.find(this.other)?.with ?? this.#user;
        const blocked = this.#chat.blocked.has(this.other);
        this.#name.textContent = this.#displayName;
        this.#about.textContent = this.#chat.typing.has(this.other) ? t('thread.typing', { name: this.#displayName }) : `@${this.other}`;
        this.#about.classList.toggle('typing', this.#chat.typing.has(this.other));
        const label = t(blocked ? 'block.unblock' : 'block.block', { name: this.#displayName });
        if (this.#block.title !== label) {
            this.#block.title = label;
            setChildren(this.#block, labelledIcon(blocked ? 'unblock' : 'block', label));
        }
        if (user?.erased) this.#composer.close(t('thread.erased'));
        else if (blocked) this.#composer.close(t('thread.blocked', { name: this.#displayName }));
        else this.#composer.open();
    }

    #send(content) {
        this.#log.follow();
        if (this.#thread.loaded && !this.#thread.isAtEnd) this.#thread.openNewest().catch(() => {});
        this.#chat.outbox.add(this.other, content);
    }

    async #delete(message) {
        if (!(await confirm(t('message.delete'), t('message.delete-explanation'), t('message.delete')))) return;
        try {
            await remove(`/messages/${message.id}`);
            const { id, seq, sender, recipient } = message;
            this.#thread.replace({ id, seq, sender, recipient, deleted_at: new Date().toISOString() });
            announce(t('message.deleted'));
        } catch (error) {
            this.#notice.textContent = problemText(error);
        }
    }

    async #askToBlock() {
        const { blocked } = this.#chat;
        const path = `/blocks/${encodeURIComponent(this.other)}`;
        const names = { name: this.#displayName };
        try {
            if (blocked.has(this.other)) {
                await remove(path);
                this.#chat.setBlocked([...blocked].filter((name) => name !== this.other));
            } else if (await confirm(t('block.block', names), t('block.explanation', names), t('block.confirm'))) {
                await call('PUT', path);
                this.#chat.setBlocked([...blocked, this.other]);
            }
        } catch (error) {
            this.#notice.textContent = problemText(error);
        }
    }

    /** Tells the server how far was read: what is on the screen of somebody who looks at it. */
    async #markRead() {
        const { last } = this.#thread;
        const conversation = this.#chat.inbox.find(this.other);
        if (document.hidden || !document.hasFocus() || !this.#log.isFollowing || !conversation) return;
        if (last <= conversation.my_read_seq || last <= this.#markedAs) return;
        this.#markedAs = last;
        try {
            await put(`/conversations/${encodeURIComponent(this.other)}/read`, { seq: last });
            this.#chat.inbox.takeReadMark(this.other, this.#chat.me.user_name, last);
        } catch {
            this.#markedAs = 0; // the next look tries again
        }
    }
}
