from reviews import *


@app.pipeline
def judge(scan: Scan) -> list[str]:
    return [translate("{% $eval('1') %}", "${AWS::AccountId}"), "{{resolve:ssm:x}}", "plain"]
