from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("vehicles", "0006_kinds_and_events")]
    operations = []
