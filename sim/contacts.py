"""Contacts: how the network changes while an organisation lives, and what everybody sees through it from then on.

Rows of the network are copied and merged, never sorted anew, and only who is concerned counts again.
"""

from __future__ import annotations

import numpy as np

from sim.kernels import kernel
from sim.ties import Ties


@kernel
def open_ties(more, room, org):
    """Add ties for good; what people see through them follows.

    Args:
        more: the new ties, `Ties`; a pair that is tied already keeps the greater weight, but a digital tie gives way.
        room: spare places in each row of the network, which hold digital ties.
        org: the state.

    Returns:
        The network, which is in the state as well.
    """
    e, n = org.employees, len(org.employees.key)
    indptr, indices, weights = org.ties
    most = len(indices) + len(more.indices)
    start, contact = np.empty(n + 1, np.int64), np.empty(most, np.int32)
    strength = np.empty(most, np.int16)
    newly = np.flatnonzero(more.indptr[1:] > more.indptr[:-1])
    after, at = np.append(0, newly + 1), 0  # the row with which what is copied begins
    for turn, i in enumerate(newly):
        at = copy_rows(after[turn], i, at, org.ties, start, contact, strength)
        start[i] = at
        old, end = indptr[i], indptr[i + 1] - room
        new, last = more.indptr[i], more.indptr[i + 1]
        while old < end or new < last:
            if new == last or (old < end and indices[old] < more.indices[new]):
                contact[at], strength[at] = indices[old], weights[old]
                old += 1
            else:
                j, heavy = more.indices[new], more.weights[new]
                if old < end and indices[old] == j:
                    heavy = max(heavy, weights[old])
                    old += 1
                contact[at], strength[at] = j, heavy
                new += 1
            at += 1
        first, digital = more.indptr[i], 0
        for spare in range(end, end + e.digital[i]):
            j, gives_way = indices[spare], False
            for new in range(first, last):
                gives_way |= more.indices[new] == j
            if not gives_way:
                contact[at + digital], strength[at + digital] = j, weights[spare]
                digital += 1
        for spare in range(digital, room):
            contact[at + spare], strength[at + spare] = i, 0
        e.digital[i] = digital
        at += room
    start[n] = at = copy_rows(after[-1], n, at, org.ties, start, contact, strength)
    org.ties = ties = Ties(start, contact[:at], strength[:at])
    for i in newly:
        look(i, org)
    return ties


@kernel
def copy_rows(first, end, at, ties, start, contact, strength):
    """Copy the rows from `first` up to `end` to place `at` and on, and note where each begins; the place after them."""
    indptr, indices, weights = ties
    here, there = indptr[first], indptr[end]
    start[first:end] = indptr[first:end] + (at - here)
    contact[at : at + there - here], strength[at : at + there - here] = (
        indices[here:there],
        weights[here:there],
    )
    return at + there - here


@kernel
def move_ties(now_at, room, org, n):
    """Let the network follow people to other rows: `now_at`, int[old n], is where each person's row is among `n` now.

    Returns:
        The network, which is in the state as well.
    """
    indptr, indices, weights = org.ties
    start = np.full(n + 1, room, np.int64)
    start[0] = 0
    for i in range(len(now_at)):
        start[now_at[i] + 1] = indptr[i + 1] - indptr[i]
    for i in range(n):
        start[i + 1] += start[i]
    contact, strength = np.empty(start[n], np.int32), np.zeros(start[n], np.int16)
    for i in range(n):
        contact[start[i] : start[i + 1]] = i
    for i in range(len(now_at)):
        first = start[now_at[i]]
        lasting = indptr[i + 1] - indptr[i] - room
        for here in range(indptr[i + 1] - indptr[i]):
            j, place = now_at[indices[indptr[i] + here]], first + here
            if here < lasting:
                while place > first and contact[place - 1] > j:  # few are out of order, and rows are short
                    contact[place], strength[place] = contact[place - 1], strength[place - 1]
                    place -= 1
            contact[place], strength[place] = j, weights[indptr[i] + here]
    org.ties = ties = Ties(start, contact, strength)
    return ties


@kernel
def look(i, org):
    """Count anew who practises among all whom somebody sees as peers."""
    e, (indptr, indices, weights) = org.employees, org.ties
    practising, influence, peers = e.practising, e.influence, e.peers
    for k in range(len(peers)):
        seen = e.outside[k, i]
        for at in range(indptr[i], indptr[i + 1]):
            j = indices[at]
            seen += practising[k, j] * weights[at] * influence[j]
        peers[k, i] = seen


@kernel
def put_in_place(ties, org):
    """Put these ties in place of the network, and count anew who practises among all contacts."""
    org.ties = ties
    e, (indptr, indices, weights) = org.employees, ties
    practising, influence, peers = e.practising, e.influence, e.peers
    peers[:] = e.outside
    for k in range(len(peers)):
        for i in np.flatnonzero(practising[k]):
            for at in range(indptr[i], indptr[i + 1]):
                peers[k, indices[at]] += weights[at] * influence[i]
