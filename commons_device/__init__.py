"""A reference client for devices: measures, queues on disk, signs and uploads. Knows no Django.

This folder can be copied onto a device as it is; it needs Python 3.11, `coincurve`, `rfc8785` and `eth-utils`.
`docs/devices.md` explains how a device is connected; `python -m commons_device --help` lists what it can do.
"""
