from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("vehicles", "0013_rejected_items")]
    operations = []
