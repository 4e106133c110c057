"""CloudWatch Logs Insights' query language: read (`query.py`), and run over rows (`stages.py`).

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
"""
