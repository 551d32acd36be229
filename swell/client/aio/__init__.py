"""The asynchronous client. The synchronous one is made from these modules by `python -m swell.deploy.client_code`."""

from swell.client.aio.client import AsyncSwell
from swell.client.aio.collection import AsyncCollection

__all__ = ["AsyncCollection", "AsyncSwell"]
