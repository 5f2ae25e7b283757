from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("vehicles", "0005_name_import_batches")]
    operations = []
