"""Amazon's wire protocols: AWS JSON 1.1, REST-JSON and Query/XML, and the same operations at
documented paths. A codec turns bytes into an ask and an answer into bytes; `refusals` holds all
of AWS's wording; `rpc` is the ASGI application in front. Operations never see HTTP.
"""
