"""Why was it refused? What a registered device sent and the door refused, kept for a week for its owner's eyes alone.

`keeping` writes it down beside the readings that were stored, `masking` takes VINs out first, `reading` answers pages
and the API, and `advice` says what a driver can do about each reason.
"""
