from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("vehicles", "0007_sealed_days")]
    operations = []
