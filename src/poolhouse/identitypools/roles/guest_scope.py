"""What no guest may do, whatever role the pool gives them: two session policies, as AWS's.

Source: "Access to AWS services for unauthenticated identities", developer guide, and the managed
policy AmazonCognitoUnAuthedIdentitiesSessionPolicy.
"""

from __future__ import annotations

import msgspec

_SCOPE_DOWN = """
    cloudwatch:* logs:* dynamodb:* kinesis:* mobileanalytics:* s3:* ses:* sns:* sqs:* lambda:*
    machinelearning:* execute-api:* iot:* gamelift:* cognito-identity:* cognito-idp:* lex:* polly:*
    comprehend:* translate:* transcribe:* rekognition:* mobiletargeting:* firehose:* appsync:*
    personalize:* sagemaker:InvokeEndpoint cognito-sync:* codewhisperer:*
    textract:DetectDocumentText textract:AnalyzeDocument sdb:*
"""
_MANAGED = """
    rum:PutRumEvents polly:* comprehend:* translate:* transcribe:* rekognition:* mobiletargeting:*
    firehose:* personalize:* sagemaker:InvokeEndpoint geo:GetMap* geo:SearchPlaceIndex*
    geo:GetPlace geo:CalculateRoute* geo:*Geofence geo:*Geofences geo:*DevicePosition* kms:Encrypt
    kms:Decrypt kms:ReEncryptTo kms:ReEncryptFrom kms:GenerateDataKey kms:GenerateDataKeyPair
    kms:GenerateDataKeyPairWithoutPlaintext kms:GenerateDataKeyWithoutPlaintext
"""


def _policy(actions: str) -> str:
    statement = {"Effect": "Allow", "Action": actions.split(), "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return msgspec.json.encode(document).decode()


SESSION_POLICIES = (_policy(_SCOPE_DOWN), _policy(_MANAGED))
"""Their union bounds the session; the role's policies must allow as well."""
