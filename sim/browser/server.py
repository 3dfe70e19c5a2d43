"""The server of the page, on this machine and for it alone."""

from __future__ import annotations

import os
import socket
import threading
import warnings
import webbrowser

os.environ.update(
    SOLARA_APP="sim.browser.app",
    SOLARA_MODE="production",  # development mode loads a page from elsewhere
    SOLARA_TELEMETRY_MIXPANEL_ENABLE="false",
    SOLARA_THEME_SHOW_BANNER="false",
    SOLARA_THEME_LOADER="plain",
    SOLARA_ASSETS_CDN="http://127.0.0.1:9/",  # whatever is not installed is not fetched from elsewhere either
    SOLARA_CHECK_HOOKS="off",  # else a warning about Mesa's page
)

warnings.filterwarnings("ignore", "Cookies with samesite=none")  # they would take https

import uvicorn  # noqa: E402
from solara.server import starlette  # noqa: E402

from sim.browser import app  # noqa: E402
from sim.errors import Fault, InputError  # noqa: E402
from sim.scenario import Scenario  # noqa: E402

HOST = "127.0.0.1"


class Server(uvicorn.Server):
    """A server that says where it is as soon as it listens."""

    def __init__(self, address: str, open_browser: bool) -> None:
        super().__init__(uvicorn.Config(starlette.app, log_level="error", timeout_graceful_shutdown=1))
        self.address, self.open_browser = address, open_browser

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, print the address, and open it."""
        await super().startup(sockets)
        print(f"Unsilo is at {self.address} (Ctrl-C stops it)", flush=True)
        if self.open_browser:
            threading.Thread(target=webbrowser.open, args=[self.address], daemon=True).start()


def serve(plan: Scenario, port: int, open_browser: bool) -> None:
    """Serve the page of a scenario until interrupted; port 0 takes any that is free.

    Raises:
        InputError: the port is in use or not to be had, or the organisation cannot be built.
    """
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError as error:
            raise InputError([Fault("--port", f"{port}: {error.strerror}", "a port that is free")]) from None
        app.AdjustableOrganisation(plan).close()  # what is wrong with it shows here and not in the page
        app.plan = plan
        Server(f"http://{HOST}:{listener.getsockname()[1]}", open_browser).run([listener])
