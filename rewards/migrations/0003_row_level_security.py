"""The last net of tenancy: a settlement is there to whom its license is. Shares are written by COPY, which refuses policies."""

from django.db import migrations

from dimo.tenant_rows import private

OF_LICENSE = "license_id IN (SELECT l.id FROM licensing_license l)"  # as far as the license is there


class Migration(migrations.Migration):
    dependencies = [("rewards", "0002_guards"), ("licensing", "0004_row_level_security")]

    operations = [migrations.RunSQL(*private("rewards_settlement", OF_LICENSE))]
