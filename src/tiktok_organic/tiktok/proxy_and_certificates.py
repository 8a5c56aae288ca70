"""The environment's proxy and certificates."""

from __future__ import annotations

import ipaddress
import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from urllib.request import getproxies

import httpcore2
import httpx2

from tiktok_organic.errors import BadValue
from tiktok_organic.loopback import is_loopback

__all__ = ["proxy_for", "trusted_certificates"]


_PROXY_EXAMPLE = "http://proxy.example.com:3128 (or socks5://…)"


_FILE_EXAMPLE = "/etc/ssl/certs/ca-certificates.crt"


_FOLDER_EXAMPLE = "/etc/ssl/certs"


def trusted_certificates(environment: Mapping[str, str]) -> ssl.SSLContext:
    """Return the trusted certificate authorities: those of the environment, else the system's."""
    file, folder = environment.get("SSL_CERT_FILE"), environment.get("SSL_CERT_DIR")
    if file:
        try:
            return ssl.create_default_context(cafile=file)
        except (OSError, ValueError) as error:
            problem = f"{file!r} cannot be read as a file of certificates: {error}"
            raise BadValue("SSL_CERT_FILE", problem, example=_FILE_EXAMPLE) from error
    if folder:
        # OpenSSL reads the folders only at each handshake, and the error would then blame TikTok.
        if not any(Path(part).is_dir() for part in folder.split(os.pathsep)):
            problem = f"{folder!r} is not a folder"
            raise BadValue("SSL_CERT_DIR", problem, example=_FOLDER_EXAMPLE)
        return ssl.create_default_context(capath=folder)
    return httpx2.create_ssl_context(trust_env=False)


def proxy_for(scheme: str, host: str, environment: Mapping[str, str]) -> httpcore2.Proxy | None:
    """Return the environment's proxy for a host; never one for this machine itself."""
    proxies = _proxies(environment)
    # A proxy would look up 127.0.0.1 on its own machine, and the simulator would not be found.
    if not host or is_loopback(host) or _bypassed(host, proxies.get("no", "")):
        return None
    name = scheme if proxies.get(scheme) else "all"
    value = proxies.get(name, "").strip()
    return _read_proxy(_variable(name, environment), value) if value else None


def _proxies(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the proxies by scheme; `no` lists hosts without one.

    Lower-case names have precedence.
    """
    ordered = sorted(environment.items(), key=lambda item: item[0].islower())
    found = {
        name.lower().removesuffix("_proxy"): value
        for name, value in ordered
        if name.lower().endswith("_proxy")
    }
    if not any(found.values()) and environment is os.environ:
        return getproxies()  # the settings of macOS and Windows
    return found


def _bypassed(host: str, no_proxy: str) -> bool:
    """Whether `NO_PROXY` contains the host: a name, a parent domain, a network, or `*`."""
    return any(_covers(part.strip().lower(), host.lower()) for part in no_proxy.split(","))


def _covers(part: str, host: str) -> bool:
    if part == "*":
        return True
    name = part.removeprefix("*").removeprefix(".")
    if name and (host == name or host.endswith(f".{name}")):
        return True
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(part, strict=False)
    except ValueError:
        return False


def _variable(scheme: str, environment: Mapping[str, str]) -> str:
    """Return the variable in the user's spelling."""
    name = f"{scheme}_proxy"
    return name if environment.get(name) else name.upper()


def _read_proxy(variable: str, value: str) -> httpcore2.Proxy:
    """Read a proxy's address. Raises BadValue without its password."""
    address = value if "://" in value else f"http://{value}"
    if address.lower().startswith("socks://"):  # GNOME sets this form
        address = "socks5" + address[len("socks") :]
    try:
        proxy = httpx2.Proxy(address)
    except (ValueError, httpx2.InvalidURL):
        proxy = None
    if proxy is None or not proxy.url.host:
        shown = _without_password(value)
        problem = f"{shown!r} is not the address of a proxy (http, https or socks5)"
        raise BadValue(variable, problem, example=_PROXY_EXAMPLE)
    return httpcore2.Proxy(
        httpcore2.URL(
            scheme=proxy.url.raw_scheme,
            host=proxy.url.raw_host,
            port=proxy.url.port,
            target=proxy.url.raw_path,
        ),
        auth=proxy.raw_auth,
    )


def _without_password(value: str) -> str:
    """A proxy's address with its user and password hidden, also when it is not a valid address."""
    before, at, behind = value.rpartition("@")
    scheme = before.partition("://")[0] + "://" if "://" in before else ""
    return f"{scheme}…@{behind}" if at else value
