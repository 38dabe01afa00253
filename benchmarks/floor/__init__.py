"""What a second factor costs at the least: bare Django, Django REST framework and pyotp, written by hand.

It keeps the promise that a value works once and counts wrong values before they are answered, each in one conditional
UPDATE, and nothing else of what the package promises: seeds are stored in clear, a verification is not recorded, and
failures are counted per device.
"""
