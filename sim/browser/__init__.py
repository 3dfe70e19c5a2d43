"""The browser page: Mesa's own, with components that draw one week of an organisation from plain arrays.

Needs the extra `browser`; nothing else in the package imports it.
"""
